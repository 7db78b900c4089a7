/**
 * Loaded into every process of a backup (`--import`). The process that copies stops, as by SIGSTOP, when it has
 * opened the database and has not copied anything. SIGCONT resumes it.
 */

if (process.argv[1]?.endsWith('backup-process.js')) {
  const { send } = process;
  process.send = (...message) => {
    process.kill(process.pid, 'SIGSTOP');
    return send.apply(process, message);
  };
}
