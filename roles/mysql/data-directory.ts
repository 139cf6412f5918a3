import { directory, file, type Nested, type Resource, sh } from 'provision'
import { type Option, optionLine } from './options.ts'

const FOLDER = '/etc/mysql/conf.d'
const PATH = `${FOLDER}/provision-data-directory.cnf`

const HEAD = [
  '# Written by provision (role mysql); changes made here are lost.',
  '# What the data directory was made with: without these lines a server that has it does not start.',
].join('\n')

/**
 * What is decided when a data directory is made, which the package does as it is installed; a server that has one must
 * always be started so, also when nobody declares it any more.
 */
const NAMES = [
  'innodb_data_file_path',
  'innodb_data_home_dir',
  'innodb_log_group_home_dir',
  'innodb_page_size',
  'innodb_undo_directory',
  'lower_case_table_names',
]

export const isOfDataDirectory = ({ name }: Option): boolean => NAMES.includes(name)

/** The plan refuses what a running server contradicts; of one that does not run only this file can. */
const VALIDATE = sh`
  [ -d /var/lib/mysql/mysql ] || exit 0
  sed -n 's/^\([a-z_]*\) = /\1 /p' "$file" | while read -r name value; do
    live=$(mysql --no-defaults -NBr -u root --protocol=socket -e "SELECT @@GLOBAL.$name" </dev/null) || {
      echo "the data directory is there and mysqld does not run: start it, then it can tell how that was made"; exit 1
    }
    [ "$live" = "$value" ] || { echo "$name is $live since the data directory was made: it can't become $value"; exit 1; }
  done
`

/** Before the package, which makes the data directory. */
export function dataDirectory(options: readonly Option[]): Nested<Resource> {
  const own = options.filter(isOfDataDirectory)
  if (own.length === 0) return []
  const lines = own.map(({ name, value }) => `${name} = ${optionLine(bytes(value))}`)
  const content = [HEAD, '[mysqld]', ...lines, ''].join('\n')
  return [
    ['/etc/mysql', FOLDER].map((path) => directory({ path, mode: '0755', owner: 'root', group: 'root' })),
    file({ path: PATH, content, mode: '0644', owner: 'root', group: 'root', validate: VALIDATE }),
  ]
}

/** As the server tells it, to be compared with that. */
function bytes(value: Option['value']): Option['value'] {
  const [, digits, unit = ''] = /^(\d+)([KMG])$/i.exec(String(value)) ?? []
  return digits === undefined ? value : Number(digits) * 1024 ** (1 + 'KMG'.indexOf(unit.toUpperCase()))
}
