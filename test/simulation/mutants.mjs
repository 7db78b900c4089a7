/**
 * The product with one rule taken out, again and again. Each rule guards a race; without it the simulation
 * must find a seed that fails. A text that does not stand in its file exactly once is an error: a mutant
 * cannot go out of date in silence.
 *
 * @typedef {{ find: string, replace: string }} Edit
 * @typedef {Edit & { name: string, race: string, file: string, also?: Edit }} Mutant
 */

const CLIENT = 'packages/client/src';
const PROTOCOL = 'packages/protocol/src';
const SERVER = 'packages/server/src';
const LMDB = `${SERVER}/stores/lmdb`;

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  // --- what a client may apply (I3)
  {
    name: 'inbox-applies-duplicates',
    race: 'lost client ack: what was applied comes again',
    file: `${PROTOCOL}/inbox.ts`,
    find: '  const skip = entriesThrough(frame, next - 1);',
    replace: '  const skip = 0;',
  },
  {
    name: 'inbox-jumps-over-holes',
    race: 'a frame is lost on a connection that goes on',
    file: `${PROTOCOL}/inbox.ts`,
    find: '  if (frame.offset > next) return hole(inbox, frame.offset);',
    replace: '',
    also: {
      find: '  if (skip < frame.events.length && start !== next) return hole(inbox, start);',
      replace: '',
    },
  },
  {
    name: 'inbox-takes-any-epoch',
    race: 'an old frame in flight after a reset',
    file: `${PROTOCOL}/inbox.ts`,
    find: "  if (frame.epoch !== inbox.epoch) return { kind: 'foreign' };",
    replace: '',
  },
  {
    name: 'inbox-keeps-quiet-about-gaps',
    race: 'trim during replay',
    file: `${CLIENT}/core/following.ts`,
    find: '      const told = announce(passed, reset, gap);',
    replace: '      const told = announce(passed, reset, undefined);',
  },
  {
    name: 'receipt-gap-is-not-told',
    race: 'trim while the client is away',
    file: `${CLIENT}/core/moves.ts`,
    find: '    return announce(moved, reset, gap);',
    replace: '    return announce(moved, reset, undefined);',
  },
  {
    name: 'receipt-reset-is-not-told',
    race: 'epoch reset while the client is away',
    file: `${CLIENT}/core/moves.ts`,
    find: '    return announce(moved, reset, gap);',
    replace: '    return announce(moved, undefined, gap);',
  },
  {
    name: 'frames-are-applied-while-registering',
    race: 'the former stay sends until the new one is granted',
    file: `${CLIENT}/core/following.ts`,
    find: '  if (!isFollowing(state) || state.v1 || !isMine(state, frame)) return unchanged(state);',
    replace: '  if (state.v1 || !isMine(state, frame)) return unchanged(state);',
  },
  {
    name: 'attempts-are-not-counted',
    race: 'the same session registered on two sockets',
    file: `${CLIENT}/core/moves.ts`,
    find: 'attempt: state.attempt + 1, unanswered: 0',
    replace: 'attempt: Math.max(1, state.attempt), unanswered: 0',
  },
  {
    name: 'the-cursor-is-forgotten',
    race: 'reconnect: what was applied comes again from the start',
    file: `${CLIENT}/core/moves.ts`,
    find: '    ...(cursor === null ? { since: settings.since } : { cursor }),',
    replace: '    since: settings.since,',
  },
  // --- a dead or lossy link (liveness)
  {
    name: 'no-pong-is-missed',
    race: 'half-open connection',
    file: `${CLIENT}/core/pinging.ts`,
    find: '  if (missed >= MISSED_PONGS_TO_RECONNECT) return giveUpLink(state);',
    replace: '',
  },
  {
    name: 'nobody-watches-the-namespace',
    race: 'half-open before the namespace has connected',
    file: `${CLIENT}/core/linking.ts`,
    find: '  isRunning(state) && !state.link.up ? giveUpSilentLink(state) : unchanged(state);',
    replace: '  unchanged(state);',
  },
  {
    name: 'a-silent-registration-waits-for-ever',
    race: 'a lost receipt; half-open while registering',
    file: `${CLIENT}/core/registering.ts`,
    find: "  if (state.phase !== 'registering') return unchanged(state);\n  // After",
    replace: '  if (state.unanswered > 0) return unchanged(state);\n  // After',
  },
  {
    name: 'what-was-sent-is-not-missed',
    race: 'the last frame is lost',
    file: `${CLIENT}/core/pinging.ts`,
    find: '  if (inbox.offset < pong.sent) {',
    replace: '  if (inbox.offset < 0) {',
  },
  {
    name: 'a-lost-reset-is-not-missed',
    race: 'epoch reset under a connected client, its announcement lost',
    file: `${CLIENT}/core/pinging.ts`,
    find: '  if (pong.epoch !== undefined && pong.epoch !== inbox.epoch) {',
    replace: '  if (pong.epoch === null) {',
  },
  {
    name: 'a-resume-waits-for-ever',
    race: 'a lost answer to a resume',
    file: `${CLIENT}/core/resuming.ts`,
    find: '  if (!isFollowing(state) || !resume) return unchanged(state);\n  const silent',
    replace: '  if (now > 0) return unchanged(state);\n  const silent',
  },
  {
    name: 'a-superseded-session-is-not-declined',
    race: 'a receipt that comes after the monitor was stopped',
    file: `${CLIENT}/core/registering.ts`,
    find: "    : withEffects(unchanged(state), [{ type: 'send_leave', message: { session_id, generation } }]);",
    replace: '    : unchanged(state);',
  },
  {
    // Either rule alone finds out: the pong says so at once, the missing events say so a little later.
    name: 'a-former-owner-never-finds-out',
    race: 'two tabs on one session: the former owner is not told',
    file: `${CLIENT}/core/pinging.ts`,
    find: '  if (!pong.owner) return register({ ...state, session: null, saved: null });',
    replace: '  if (!pong.owner) return unchanged(state);',
  },
  // --- who owns a session (I6)
  {
    name: 'an-alive-owner-is-taken-over',
    race: 'a duplicated tab',
    file: `${SERVER}/sessions/registrar.ts`,
    find: '    const alive = silentMs < 2 * settings.pingIntervalMs;',
    replace: '    const alive = silentMs < 0;',
  },
  {
    name: 'a-stale-attempt-is-granted',
    race: 'the same session registered twice: the earlier registration arrives later',
    file: `${SERVER}/core/registration.ts`,
    find: "  if (facts.attempt < known.attempt) return { kind: 'stale', newest: known.attempt };",
    replace: '',
  },
  {
    name: 'a-repeated-attempt-begins-anew',
    race: "a lost receipt, since: 'now'",
    file: `${SERVER}/sessions/registrar.ts`,
    find: "    if (since === 'now' && start !== undefined) return positionAt(logs, thread_id, start);",
    replace: '',
  },
  {
    name: 'a-lost-reset-is-not-told-again',
    race: 'a lost receipt that said that the log is another one',
    file: `${SERVER}/core/position.ts`,
    find: '  const wasAhead = began !== undefined && began.offset < since;',
    replace: '  const wasAhead = false;',
  },
  {
    name: 'a-connection-that-has-gone-keeps-its-session',
    race: 'cut while the registration is written',
    file: `${SERVER}/sessions/registry.ts`,
    find: "        if (peer.closed) await this.detach(peer, 'closed while registering');",
    replace: '',
  },
  {
    name: 'generations-are-not-compared-in-the-store',
    race: "the old socket's disconnect after the new registration",
    file: `${LMDB}/lmdb-sessions.ts`,
    find: '    if ((current?.generation ?? 0) !== expected) return false;\n    await this.#write(record.session_id, record, current);',
    replace: '    await this.#write(record.session_id, record, current);',
  },
  {
    name: 'in-flight-records-are-not-seen',
    race: 'two registrations of one session while the first is being flushed',
    file: `${LMDB}/lmdb-sessions.ts`,
    find: '    if (inFlight !== undefined) return inFlight ?? undefined;',
    replace: '',
  },
  {
    name: 'any-generation-may-leave',
    race: 'stop and start again: the old goodbye overtakes nobody',
    file: `${SERVER}/sessions/registry.ts`,
    find: '    if (session?.record.generation !== generation) return;\n    this.#attached',
    replace: '    if (!session) return;\n    this.#attached',
  },
  {
    name: 'any-socket-may-speak-for-a-session',
    race: "the old socket's late packets",
    file: `${SERVER}/sessions/attached.ts`,
    find: '    return session?.peer === peer ? session : undefined;',
    replace: '    return session;',
  },
  {
    name: 'the-evicted-stay-goes-on',
    race: 'the same session on two sockets: the old one is still fed',
    file: `${SERVER}/sessions/registrar.ts`,
    find: '    this.#attached.remove(former);\n    if (!takenOver',
    replace: '    if (!takenOver',
  },
  // --- who may follow (I10)
  {
    name: 'a-resume-is-not-asked-about',
    race: 'authorisation revoked during replay',
    file: `${SERVER}/socketio/v2.ts`,
    find: '  if (session) {\n    const { thread_id, user_id }',
    replace: '  if (session && !session.granted) {\n    const { thread_id, user_id }',
  },
  {
    name: 'who-is-turned-away-is-still-fed',
    race: 'authorisation revoked during replay',
    file: `${SERVER}/socketio/v2.ts`,
    find: '  registry.leave(connection, { session_id, generation });',
    replace: '  void generation;',
  },
  // --- time
  {
    name: 'waiting-is-measured-by-the-wall-clock',
    race: 'clock jumps',
    file: `${SERVER}/session-server.ts`,
    find: '    const clock = options.clock ?? systemClock;',
    replace:
      '    const given = options.clock ?? systemClock;\n    const clock = { now: () => given.wall(), wall: () => given.wall(), after: (ms, fn) => given.after(ms, fn) };',
  },
  // --- the pump
  {
    name: 'a-void-read-is-sent',
    race: 'a resume while the log is being read',
    file: `${SERVER}/threads/pump.ts`,
    find: '        const wanted = course === this.#course && this.#blockedBy() === null;',
    replace: '        const wanted = this.#blockedBy() === null;',
  },
  {
    name: 'a-read-is-sent-whatever-the-link-does',
    race: 'slow replay while others use the link up',
    file: `${SERVER}/threads/pump.ts`,
    find: '        const wanted = course === this.#course && this.#blockedBy() === null;',
    replace: '        const wanted = course === this.#course;',
  },
  {
    name: 'the-window-has-no-end',
    race: 'a reader that does not acknowledge',
    file: `${SERVER}/threads/pump.ts`,
    find: "    if (spent && this.#inFlight.length > 0) return 'credit';",
    replace: '',
  },
  {
    name: 'an-acknowledgement-of-another-epoch-counts',
    race: 'epoch reset under a connected client',
    file: `${SERVER}/threads/pump.ts`,
    find: "    if (epoch !== this.#epoch || this.#state === 'stopped') return;",
    replace: "    if (this.#state === 'stopped') return;",
  },
  {
    name: 'more-is-acknowledged-than-was-sent',
    race: 'a late acknowledgement after a resume',
    file: `${SERVER}/threads/pump.ts`,
    find: '    this.#acknowledged = Math.max(this.#acknowledged, Math.min(offset, this.#sent));',
    replace: '    this.#acknowledged = Math.max(this.#acknowledged, offset);',
  },
  {
    name: 'an-erased-thread-is-sent',
    race: 'erased while it was read',
    file: `${SERVER}/threads/pump.ts`,
    find: '    if (head.epoch !== this.#epoch || (slice && slice.epoch !== this.#epoch)) return;',
    replace: '',
  },
  {
    name: 'the-pump-skips-what-is-trimmed',
    race: 'trim during replay',
    file: `${SERVER}/threads/pump.ts`,
    find: '      ack,\n      ...(gap && { gap }),',
    replace: '      ack,',
  },
  {
    name: 'who-is-held-back-is-not-woken',
    race: 'a window on a busy server',
    file: `${SERVER}/threads/pump.ts`,
    find: '      pacer.wakeAt(due, this);',
    replace: '',
  },
  {
    name: 'one-event-too-large-is-never-sent',
    race: 'credit exhausted by one event larger than the cap',
    file: `${SERVER}/threads/slice.ts`,
    find: '  let low = takeOne ? start : start - 1;',
    replace: '  let low = start - 1;',
  },
  {
    name: 'frames-overtake-the-receipt',
    race: 'emit between registration and history read',
    file: `${SERVER}/socketio/v2.ts`,
    find: '    ? { ok: true, value: { payload: granted.value.receipt, after: () => granted.value.start() } }',
    replace:
      '    ? (granted.value.start(), { ok: true, value: { payload: granted.value.receipt } })',
  },
  {
    name: 'the-head-is-read-before-it-is-followed',
    race: 'emit between join and history read',
    file: `${SERVER}/threads/thread-log.ts`,
    find: '      log.#head ??= head;',
    replace: '      log.#head = head;',
  },
  {
    name: 'a-read-takes-the-head-back',
    race: 'an append is confirmed while the log is read',
    file: `${SERVER}/threads/thread-log.ts`,
    find: '    } else if (known === before) {',
    replace: '    } else {',
  },
  {
    name: 'an-upgrade-wakes-nobody',
    race: 'upgrade from polling to websocket in flight',
    file: `${SERVER}/socketio/link.ts`,
    find: '    this.#watch(transport);\n    this.#wake();',
    replace: '    this.#watch(transport);',
  },
  {
    name: 'credit-that-is-back-wakes-nobody',
    race: 'several sessions share a connection',
    file: `${SERVER}/socketio/link.ts`,
    find: '    if (wasSpent && this.credit() > 0) queueMicrotask(() => this.#wake());',
    replace: '    void wasSpent;',
  },
  // --- cursors and logs (I2, I4)
  {
    name: 'tags-are-not-compared',
    race: 'a log restored from a back-up and grown again',
    file: `${SERVER}/core/position.ts`,
    find: "  if (cursor.tag !== tag) return startOver(log, 'diverged');",
    replace: '',
  },
  {
    name: 'a-cursor-past-the-end-is-continued',
    race: 'torn tail in the store',
    file: `${SERVER}/core/position.ts`,
    find: "  if (cursor.offset > log.offset) return startOver(log, 'cursor_ahead');",
    replace: '  if (cursor.offset > log.offset) return at(log, log.offset, log.tag);',
  },
  {
    name: 'trimmed-history-is-skipped',
    race: 'trim while the client is away',
    file: `${SERVER}/core/position.ts`,
    find: '  return log.base > after ?',
    replace: '  return log.base > after && after < 0 ?',
  },
  // --- the store (I1, I7, I8)
  {
    name: 'written-is-as-good-as-flushed',
    race: 'fsync that is slow, then fails',
    file: `${LMDB}/group-commit.ts`,
    find: '      await this.#environment.commit(group.flatMap((write) => write.operations()));',
    replace:
      '      const flushed = this.#environment.commit(group.flatMap((write) => write.operations()));\n      for (const write of group) write.confirm();\n      await flushed;',
  },
  {
    name: 'readers-see-what-is-not-confirmed',
    race: 'crash between write and flush',
    file: `${LMDB}/appends.ts`,
    find: '        return [journalWrite(sequence, closed)];',
    replace:
      '        const operations = [journalWrite(sequence, closed)];\n        this.#confirm(closed, sequence);\n        return operations;',
  },
  {
    name: 'appends-overtake-an-erasure',
    race: 'erased and appended to in one breath',
    file: `${LMDB}/lmdb-logs.ts`,
    find: '      this.#appends.cut();',
    replace: '',
  },
  {
    name: 'the-journal-is-cleared-too-early',
    race: 'crash while batches move from the journal to their logs',
    file: `${LMDB}/settling.ts`,
    find: '        return done ? [...step.operations, ...this.#clear(through)] : step.operations;',
    replace: '        return [...step.operations, ...this.#clear(through)];',
  },
  {
    name: 'what-has-moved-is-taken-from-the-journal-again',
    race: 'crash while batches move from the journal to their logs',
    file: `${LMDB}/read-journal.ts`,
    find: '      if (end === undefined || batch.last <= end) continue;',
    replace: '      if (end === undefined) continue;',
  },
  {
    name: 'joined-batches-forget-their-tags',
    race: 'a client comes back with a cursor from before its batch was joined to others',
    file: `${SERVER}/stores/event-batch.ts`,
    find: '    for (const { last, tag } of this.joined) if (offset <= last) return tag;',
    replace: '',
  },
  {
    name: 'an-erased-log-goes-on-moving',
    race: 'erased while its batches move from the journal',
    file: `${LMDB}/settling.ts`,
    find: '    this.#leaving.add(epoch);',
    replace: '',
  },
  {
    name: 'a-failed-flush-is-forgotten',
    race: 'fsync that fails',
    file: `${LMDB}/group-commit.ts`,
    find: '    for (const listener of this.#failureListeners) listener(this.#failure);',
    replace: '',
  },
  {
    name: 'a-message-in-flight-is-not-known',
    race: 'lost publish ack and a retry, while the first is being flushed',
    file: `${LMDB}/lmdb-logs.ts`,
    find: '        const known = thread.messages?.get(message_id) ?? this.#rangeOf(epoch, message_id);',
    replace: '        const known = this.#rangeOf(epoch, message_id);',
  },
  {
    name: 'message-ids-are-not-kept',
    race: 'post retried after a lost response and a crash',
    file: `${LMDB}/lmdb-logs.ts`,
    find: '        const known = thread.messages?.get(message_id) ?? this.#rangeOf(epoch, message_id);',
    replace: '        const known = thread.messages?.get(message_id);',
  },
  {
    name: 'a-duplicate-is-confirmed-before-the-first',
    race: 'a retry is answered before the append is durable',
    file: `${LMDB}/lmdb-logs.ts`,
    find: "        if (known) return { outcome: 'duplicate', epoch, ...(await known) };",
    replace:
      "        if (known) return { outcome: 'duplicate', epoch, ...(known instanceof Promise ? { first: thread.assigned.offset, last: thread.assigned.offset } : known) };",
  },
  {
    name: 'a-removed-thread-is-appended-to',
    race: 'cleanup of an idle thread while somebody publishes to it',
    file: `${LMDB}/active-threads.ts`,
    find: '    this.#leaving.add(thread_id);',
    replace: '',
  },
  {
    name: 'the-base-moves-after-the-batches',
    race: 'trim during replay: the batches go before readers know',
    file: `${LMDB}/lmdb-logs.ts`,
    find: '        confirmed.record = { ...confirmed.record, ...base };\n',
    replace: '',
  },
  {
    name: 'fences-are-open',
    race: 'a responder that goes on after the end of its run',
    file: `${LMDB}/lmdb-logs.ts`,
    find: "      if (fence && !this.#runs.admits(fence)) return { outcome: 'fenced' };",
    replace: '',
  },
  {
    name: 'a-finished-run-stays-open',
    race: 'crash after the end of a run',
    file: `${LMDB}/lmdb-logs.ts`,
    find: '      const finished = fence?.finish && this.#runs.finish(fence.run_id, fence.finish);',
    replace: '      const finished = undefined;',
  },
  {
    name: 'interrupted-runs-are-left-open',
    race: 'producer node dies',
    file: `${SERVER}/session-server.ts`,
    find: '    await runs.recover();',
    replace: '    void runs;',
  },
  {
    name: 'a-stop-does-not-end-runs',
    race: 'drain in the middle of a reply',
    file: `${SERVER}/runs/runs.ts`,
    find: "    for (const run of this.#live.values()) run.abort('interrupted');",
    replace: '',
  },
  {
    name: 'a-stop-does-not-wait-for-an-erasure',
    race: 'stop in the middle of an erasure',
    file: `${SERVER}/session-server.ts`,
    find: '    await this.internals.runs.settled();',
    replace: '',
  },
  // --- cleaning up
  {
    name: 'silent-sessions-expire-unasked',
    race: 'cleanup of a session that is alive',
    file: `${SERVER}/core/activity.ts`,
    find: "  if (askedAt === null) return 'ask';",
    replace: "  if (askedAt === null) return 'expire';",
  },
  // --- v1
  {
    name: 'v1-what-was-written-has-arrived',
    race: 'v1: a cut while packets are on their way',
    file: `${SERVER}/socketio/v1-writer.ts`,
    find: '    if (!sendPing(this.#conn)) this.#arrive(this.#sent);',
    replace: '    this.#arrive(this.#sent);',
  },
  {
    name: 'v1-one-pong-is-enough',
    race: 'v1: the engine has answered, the app was given nothing yet',
    file: `${SERVER}/socketio/v1-writer.ts`,
    find: '    if (former && former !== this.#arrived) this.#arrive(former);',
    replace:
      '    if (this.#received && this.#received !== this.#arrived) this.#arrive(this.#received);',
  },
  {
    name: 'v1-clients-are-sent-away-for-good',
    race: 'v1: a server that is stopped and started again',
    file: `${SERVER}/socketio/connection.ts`,
    find: '      conn.close(!conn.transport.writable);',
    replace: '      void conn;\n      this.socket.disconnect(true);',
  },
  {
    name: 'v1-the-highest-position-counts',
    race: 'v1: a ghost is still open when its client is back',
    file: `${SERVER}/sessions/v1-registrar.ts`,
    find: '(low, cursor) => ((cursor?.offset ?? 0) < (low?.offset ?? 0) ? cursor : low)',
    replace: '(low, cursor) => ((cursor?.offset ?? 0) > (low?.offset ?? 0) ? cursor : low)',
  },
];
