import { describe, expect, test } from 'vitest'
import { contentChange, sha256 } from '../../src/resources/content.ts'

describe('the change of a content', () => {
  const present = (content: string | Buffer) => ({
    type: 'file' as const,
    mode: '0644',
    owner: 'root',
    group: 'root',
    uid: 0,
    gid: 0,
    size: content.length,
    sha256: sha256(Buffer.from(content)),
    content: Buffer.from(content),
  })

  test('is none when hashes are equal, and none for what is gone and shall be', () => {
    expect(contentChange('f', present('a'), 'a')).toBeUndefined()
    expect(contentChange('f', 'absent', undefined)).toBeUndefined()
  })

  test('is text before and after', () => {
    expect(contentChange('f', present('a'), 'b')).toEqual({ name: 'f', before: 'a', after: 'b' })
    expect(contentChange('f', present(''), 'b')).toEqual({ name: 'f', before: '', after: 'b' })
    expect(contentChange('f', present('a'), undefined)).toEqual({ name: 'f', before: 'a', after: undefined })
  })

  test('is a note for what is no text', () => {
    expect(contentChange('f', present(Buffer.from([255, 254])), 'b')?.note).toBe('binary, 2 bytes → 1 bytes')
    expect(contentChange('f', 'absent', Buffer.from([0]))?.note).toBe('binary, absent → 1 bytes')
  })
})
