/** All alerts there are: the vars' schema knows them, too. */
export const ALERT_NAMES = [
  'VipWithoutOwner',
  'VipOwnedTwice',
  'VipNotAnswering',
  'ServerDown',
  'ServerDrainedForLong',
  'LoadBalancersDisagree',
  'HttpErrorsHigh',
  'AppErrorsHigh',
  'RequestsDropped',
  'LinkDown',
  'LinkSlow',
  'ReplicationStopped',
  'ReplicationLagging',
  'ReplicationLagUnknown',
  'WritableServersNotOne',
  'CertificateExpiresSoon',
  'InstanceDown',
  'UnitFailed',
  'DiskAlmostFull',
  'ConfigNotLoaded',
] as const

export type AlertName = (typeof ALERT_NAMES)[number]
