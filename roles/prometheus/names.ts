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

/** Alerts on what `provision drift` tells; on where `prometheus_drift_max_age` is set. */
export const DRIFT_ALERT_NAMES = ['ProvisionDrift', 'ProvisionDriftUnreadable', 'ProvisionDriftNotLooked'] as const

export type DriftAlertName = (typeof DRIFT_ALERT_NAMES)[number]
