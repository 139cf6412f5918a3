import { type RolloutStep, type Script, sh } from 'provision'

/** Brings a replica's log to what its source has; of a primary nothing is asked. */
export const catchUp = (dir: string): Script => sh`
  cd ${dir}
  read -r role source <role
  if [ "$role" = replica ]; then cp "$source/log" log~ && mv log~ log; fi
`

/** What is done around a change that restarts a node: only a replica may be taken out. */
export function toySteps(dir: string) {
  return {
    drain: {
      name: 'it is no primary, and out of use',
      run: sh`: >${`${dir}/out`}`,
      until: sh`
        read -r role _ <${`${dir}/role`}
        if [ "$role" = primary ]; then echo 'it is the primary: --switchover-to moves that first'; exit 3; fi`,
      timeout: 0,
    },
    undrain: { name: 'in use', run: sh`rm -f ${`${dir}/out`}` },
    gate: {
      name: 'it has what its source has',
      run: catchUp(dir),
      until: sh`
        cd ${dir}
        read -r role source <role
        [ "$role" = primary ] || cmp log "$source/log"`,
      timeout: 5,
    },
  } satisfies Record<string, RolloutStep>
}
