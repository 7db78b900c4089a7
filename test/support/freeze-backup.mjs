/**
 * Loaded into every process of a backup (`--import`): the one that copies stops, as by SIGSTOP, when it has the
 * database open and has not copied anything. SIGCONT lets it go on.
 */

if (process.argv[1]?.endsWith('backup-process.js')) {
  const { send } = process;
  process.send = (...message) => {
    process.kill(process.pid, 'SIGSTOP');
    return send.apply(process, message);
  };
}
