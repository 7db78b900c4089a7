/** A run of the thread `t`, as a server opens it. */
export const newRun = (run_id: string) => ({
  run_id,
  thread_id: 't',
  log_id: 't',
  started_at: 0,
  cursor: 'epoch.0.0',
  fingerprint: '',
  node: 'node',
  lease_until: 0,
});
