import { type RecordOverview, readEvents } from '../records/read.ts'
import { pageOf } from './page/page.ts'
import { createTelling } from './story.ts'

/** The page of a run, made of its record. @throws what the file system says when that can't be read */
export async function reportOf(record: RecordOverview): Promise<string> {
  const telling = createTelling()
  for await (const { event, at } of readEvents(record.path)) telling.event(event, at)
  return pageOf({ record, story: telling.story() })
}
