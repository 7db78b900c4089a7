/**
 * Each mutant is the product without one rule. The rule guards a race; without it the simulation must find a
 * seed that fails. The rule is the code below each comment `// mutant: NAME` in the packages. A
 * mutant without such a comment is an error, and so is a comment without a mutant.
 *
 * @typedef {import('./mutants.mjs').Mutant} Mutant
 */

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  // --- what a client may apply (I3)
  {
    name: 'inbox-applies-duplicates',
    race: 'lost client ack: what was applied comes again',
    swap: ['inbox.offset + 1', 'Math.min(frame.offset, inbox.offset + 1)'],
  },
  {
    name: 'inbox-jumps-over-holes',
    race: 'a frame is lost on a connection that goes on',
  },
  {
    name: 'inbox-takes-any-epoch',
    race: 'an old frame in flight after a reset',
  },
  {
    name: 'inbox-does-not-announce-gaps',
    race: 'trim during replay',
    swap: ['reset, gap', 'reset, undefined'],
  },
  {
    name: 'receipt-gap-is-not-announced',
    race: 'trim while the client is away',
    swap: ['reset, gap', 'reset, undefined'],
  },
  {
    name: 'receipt-reset-is-not-announced',
    race: 'epoch reset while the client is away',
    swap: ['reset, gap', 'undefined, gap'],
  },
  {
    name: 'frames-are-applied-while-registering',
    race: 'the former stay sends until the new one is granted',
    becomes: 'frame: onFrame',
  },
  {
    name: 'attempts-are-not-counted',
    race: 'the same session registered on two sockets',
    swap: ['state.attempt + 1', 'Math.max(1, state.attempt)'],
  },
  {
    name: 'the-cursor-is-forgotten',
    race: 'reconnect: what was applied comes again from the start',
    becomes: 'since: settings.since',
  },
  // --- a dead or lossy link (liveness)
  {
    name: 'a-frame-in-part-is-asked-about-from-its-start',
    race: 'a log that was restored from a back-up and grew again',
    swap: ['pending?.frame.cursor ??', ''],
  },
  {
    name: 'no-pong-is-missed',
    race: 'half-open connection',
  },
  {
    name: 'the-namespace-is-not-watched',
    race: 'half-open before the namespace has connected',
    becomes: 'connect: (state) => unchanged(state)',
  },
  {
    name: 'an-attempt-never-times-out',
    race: 'a connection that the browser has kept for later, and that is dead',
    swap: ['attemptTimeoutMs(heartbeat, silences)', '1e9'],
  },
  {
    name: 'a-page-that-is-back-waits',
    race: 'a page that was put away is shown again',
    swap: ['onReconnectTimer', 'unchanged'],
  },
  {
    name: 'a-silent-registration-never-times-out',
    race: 'a lost receipt; half-open while registering',
    becomes: 'return unchanged(state);',
  },
  {
    name: 'what-was-sent-is-not-missed',
    race: 'the last frame is lost',
    swap: ['inbox.offset !== pong.sent', 'inbox.offset > pong.sent'],
  },
  {
    name: 'a-lost-reset-of-the-same-log-is-not-missed',
    race: 'the reset of a log that has lost its end is lost, too',
    cluster: true,
    swap: ['inbox.offset !== pong.sent', 'inbox.offset < pong.sent'],
  },
  {
    name: 'a-lost-reset-is-not-missed',
    race: 'epoch reset under a connected client, its announcement lost',
    swap: ['pong.epoch !== undefined && pong.epoch !== inbox.epoch', 'pong.epoch === null'],
  },
  {
    name: 'a-resume-never-times-out',
    race: 'a lost answer to a resume',
    swap: ['!resume', 'now > 0'],
  },
  {
    name: 'a-superseded-session-is-not-declined',
    race: 'a receipt that comes after the monitor was stopped',
    swap: [', [leaveSession(session_id, generation)]', ''],
  },
  {
    // Either rule alone finds out: the pong says so at once, the missing events say so a little later.
    name: 'a-former-owner-never-finds-out',
    race: 'two tabs on one session: the former owner is not told',
    becomes: 'if (!pong.owner) return unchanged(state);',
  },
  // --- who owns a session (I6)
  {
    name: 'an-alive-owner-is-taken-over',
    race: 'a duplicated tab',
    becomes: 'const alive = silentMs < 0;',
  },
  {
    name: 'a-stale-attempt-is-granted',
    race: 'the same session registered twice: the earlier registration arrives later',
  },
  {
    name: 'a-repeated-attempt-starts-over',
    race: "a lost receipt, since: 'now'",
  },
  {
    name: 'a-taken-over-instance-starts-over',
    race: "a copied tab takes over a session whose owner has not had its receipt, since: 'now'",
    becomes: 'return {};',
  },
  {
    name: 'a-lost-reset-is-not-announced-again',
    race: 'a lost receipt that said that the log is another one',
    becomes: 'const wasAhead = false;',
  },
  {
    name: 'a-connection-that-has-gone-keeps-its-session',
    race: 'cut while the registration is written',
  },
  {
    name: 'generations-are-not-compared-in-the-store',
    race: "the old socket's disconnect after the new registration",
    swap: ['stored?.generation === expected?.generation', 'true'],
  },
  {
    name: 'in-flight-records-are-not-seen',
    race: 'two registrations of one session while the first is being flushed',
  },
  {
    name: 'any-generation-may-leave',
    race: 'stop and start again: the old goodbye must not end the new session',
    becomes: 'if (!session) return;',
  },
  {
    name: 'any-socket-may-speak-for-a-session',
    race: "the old socket's late packets",
    becomes: 'return session;',
  },
  {
    name: 'the-evicted-attachment-goes-on',
    race: 'the same session on two sockets: the old one is still fed',
  },
  // --- who may follow (I10)
  {
    name: 'a-resume-is-not-asked-about',
    race: 'authorisation revoked during replay',
    swap: ['if (session)', 'if (session && !session.granted)'],
  },
  {
    name: 'an-expired-token-is-final',
    race: 'a token expires under a client',
    swap: ['wantsToken(fault.code)', '!fault.code'],
  },
  {
    name: 'a-session-outlives-its-grant',
    race: 'a grant ends while its client cannot be reached',
    swap: ['() => end(session)', '() => {}'],
  },
  {
    name: 'a-revocation-misses-a-registration',
    race: 'rights are revoked while a registration is being granted',
    swap: ['revocations.since(', 'false && revocations.since('],
  },
  {
    name: 'a-refused-session-is-still-sent',
    race: 'authorisation revoked during replay',
  },
  // --- time
  {
    name: 'waiting-is-measured-by-the-wall-clock',
    race: 'clock jumps',
    swap: ['const clock', 'const given'],
    append:
      'const clock = { now: () => given.wall(), wall: () => given.wall(), after: (ms, fn) => given.after(ms, fn) };',
  },
  // --- the pump
  {
    name: 'a-void-read-is-sent',
    race: 'a resume while the log is being read',
    swap: ['seekVersion === this.#seekVersion &&', ''],
  },
  {
    name: 'a-read-is-sent-whatever-the-link-does',
    race: 'slow replay while others use the link up',
    swap: ['&& this.#blockedBy() === null', ''],
  },
  {
    name: 'the-window-has-no-end',
    race: 'a reader that does not acknowledge',
  },
  {
    name: 'an-acknowledgement-of-another-epoch-counts',
    race: 'epoch reset under a connected client',
  },
  {
    name: 'more-is-acknowledged-than-was-sent',
    race: 'a late acknowledgement after a resume',
    swap: ['Math.min(offset, this.#sent)', 'offset'],
  },
  {
    name: 'an-erased-thread-is-sent',
    race: 'erased while it was read',
  },
  {
    name: 'a-trim-takes-the-base-back',
    race: 'two trims of one thread at a time',
  },
  {
    name: 'the-pump-skips-what-is-trimmed',
    race: 'trim during replay',
  },
  {
    name: 'a-rest-never-ends',
    race: 'readers that catch up while others do',
  },
  {
    name: 'a-held-pump-is-not-woken',
    race: 'a window on a busy server',
  },
  {
    name: 'one-event-too-large-is-never-sent',
    race: 'credit exhausted by one event larger than the cap',
    becomes: 'let low = start - 1;',
  },
  {
    name: 'frames-overtake-the-receipt',
    race: 'emit between registration and history read',
    swap: [
      'ok({ payload: granted.value.receipt, after: () => granted.value.start() })',
      '(granted.value.start(), ok({ payload: granted.value.receipt }))',
    ],
  },
  {
    name: 'the-head-is-read-before-it-is-followed',
    race: 'emit between join and history read',
    swap: ['??=', '='],
  },
  {
    name: 'a-read-takes-the-head-back',
    race: 'an append is confirmed while the log is read',
    swap: ['known === before', 'true'],
  },
  {
    name: 'an-upgrade-wakes-no-pump',
    race: 'upgrade from polling to websocket in flight',
  },
  {
    name: 'returned-credit-wakes-no-pump',
    race: 'several sessions share a connection',
  },
  // --- cursors and logs (I2, I4)
  {
    name: 'tags-are-not-compared',
    race: 'a log restored from a back-up and grown again',
  },
  {
    name: 'a-cursor-past-the-end-is-continued',
    race: 'torn tail in the store',
    swap: ["startOver(log, 'cursor_ahead')", 'at(log, log.offset, log.tag)'],
  },
  {
    name: 'trimmed-history-is-skipped',
    race: 'trim while the client is away',
    swap: ['to > after', 'to > after && after < 0'],
  },
  // --- the store (I1, I7, I8)
  {
    name: 'written-is-as-good-as-flushed',
    race: 'fsync that is slow, then fails',
    swap: ['await', 'const flushed ='],
    append: 'for (const write of group) write.confirm(); await flushed;',
  },
  {
    name: 'readers-see-what-is-not-confirmed',
    race: 'crash between write and flush',
    swap: ['return', 'const operations ='],
    append: 'this.#confirm(closed, sequence); return operations;',
  },
  {
    name: 'appends-overtake-an-erasure',
    race: 'erased and appended to in one breath',
  },
  {
    name: 'the-journal-is-cleared-too-early',
    race: 'crash while batches move from the journal to their logs',
    becomes: 'return [...step.operations, ...this.#clear(through)];',
  },
  {
    name: 'what-has-moved-is-taken-from-the-journal-again',
    race: 'crash while batches move from the journal to their logs',
    swap: ['|| batch.last <= end', ''],
  },
  {
    name: 'joined-batches-forget-their-tags',
    race: 'a client comes back with a cursor from before its batch was joined to others',
  },
  {
    name: 'an-erased-thread-stays-in-the-list',
    race: 'crash, or an erasure, beside a change of the list',
    swap: ['...unlisted,', ''],
  },
  {
    name: 'the-list-follows-in-a-later-commit',
    race: 'crash, or an erasure, beside a change of the list',
    swap: [
      'this.#touch(thread_id, thread, touch)',
      'batch.confirmed.then(() => this.#touch(thread_id, thread, touch))',
    ],
  },
  {
    name: 'an-erased-log-goes-on-moving',
    race: 'erased while its batches move from the journal',
  },
  {
    name: 'a-failed-flush-is-forgotten',
    race: 'fsync that fails',
  },
  {
    name: 'a-message-in-flight-is-not-known',
    race: 'lost publish ack and a retry, while the first is being flushed',
    becomes: 'const known = this.#rangeOf(epoch, message_id);',
  },
  {
    name: 'message-ids-are-not-kept',
    race: 'post retried after a lost response and a crash',
    becomes: 'const known = thread.messages?.get(message_id);',
  },
  {
    name: 'a-duplicate-is-confirmed-before-the-first',
    race: 'a retry is answered before the append is durable',
    swap: [
      'await known',
      'known instanceof Promise ? { first: thread.assigned.offset, last: thread.assigned.offset } : known',
    ],
  },
  {
    name: 'a-removed-thread-is-appended-to',
    race: 'cleanup of an idle thread during a publish to it',
  },
  {
    name: 'the-base-moves-after-the-batches',
    race: 'trim during replay: the batches go before readers know',
  },
  {
    name: 'fences-are-open',
    race: 'a responder that goes on after the end of its run',
  },
  {
    name: 'a-finished-run-stays-open',
    race: 'crash after the end of a run',
    becomes: 'const finished = undefined;',
  },
  {
    name: 'interrupted-runs-are-left-open',
    race: 'producer node dies',
  },
  {
    name: 'what-comes-between-is-compacted-away',
    race: 'a publish in the middle of a reply',
  },
  {
    name: 'a-compacted-range-is-reached-over-events',
    race: 'a reader joins before a compacted reply',
  },
  {
    name: 'a-compacted-range-has-the-tag-of-its-first-event',
    race: 'a reader resumes at the end of a compacted range',
    swap: ['range.last', 'range.first'],
  },
  {
    name: 'a-stop-does-not-end-runs',
    race: 'drain in the middle of a reply',
  },
  {
    name: 'a-stop-does-not-wait-for-an-erasure',
    race: 'stop in the middle of an erasure',
  },
  // --- cleaning up
  {
    name: 'silent-sessions-expire-unasked',
    race: 'cleanup of a session that is alive',
    swap: ["'ask'", "'expire'"],
  },
  // --- v1
  {
    name: 'v1-what-was-written-has-arrived',
    race: 'v1: a cut while packets are on their way',
    becomes: 'this.#arrive(this.#sent);',
  },
  {
    name: 'v1-one-pong-is-enough',
    race: 'v1: the engine has answered, the app was given nothing yet',
    becomes:
      'if (this.#received && this.#received !== this.#arrived) this.#arrive(this.#received);',
  },
  {
    name: 'v1-clients-are-sent-away-for-good',
    race: 'v1: a server that is stopped and started again',
    becomes: 'this.socket.disconnect(true);',
  },
  {
    name: 'v1-the-highest-position-counts',
    race: 'v1: a ghost is still open when its client is back',
    swap: ['cursor.offset < lowest.offset', 'cursor.offset > lowest.offset'],
  },
  // --- several nodes on one Redis
  {
    name: 'a-former-attachment-tells-whether-the-owner-is-alive',
    race: 'a session has moved to another node, and the message to the former one is lost',
    swap: ['carried?.record.generation === record.generation', 'true'],
    cluster: true,
  },
  {
    name: 'a-node-that-has-just-started-counts-as-lost',
    race: "two tabs on one thread, at two nodes: the owner's has just started",
    cluster: true,
  },
  {
    name: 'a-node-without-a-heartbeat-is-not-asked',
    race: 'two tabs on one thread, at two nodes: a failover loses the heartbeat of the one',
    swap: ['!(await this.rpc.isThere(node))', 'true'],
    cluster: true,
  },
  {
    name: 'a-lost-move-is-not-repeated',
    race: 'a copied tab takes a session over at another node, and the message to the former one is lost',
    swap: ['tried < MOVE_TRIES', 'tried < 1'],
    cluster: true,
  },
  {
    name: 'a-node-that-was-declared-lost-goes-on',
    race: 'a node is frozen past its lease',
    cluster: true,
  },
  {
    name: 'a-reset-is-sent-whatever-the-link-does',
    race: 'a failover loses the end of a log that two sessions of one socket follow',
    swap: [' && this.#link.writable()', ''],
    cluster: true,
  },
  {
    name: 'a-range-of-lost-events-is-kept',
    race: 'a failover loses the end of a log while a reply is compacted',
    swap: [', seen', ''],
    cluster: true,
  },
  {
    name: 'redis-a-duplicate-is-confirmed-before-the-first',
    race: 'a publish is repeated at another node before replicas have the first one',
    swap: ['batch || last <= advance.before.offset', 'true'],
    cluster: true,
  },
  {
    name: 'redis-a-log-that-is-gone-is-not-missed',
    race: 'a failover loses a whole log',
    cluster: true,
  },
  {
    name: 'redis-a-lost-answer-is-not-looked-for',
    race: 'Redis has appended, and the connection breaks before the answer',
    swap: ['sent.has(index)', 'false'],
    cluster: true,
  },
  {
    name: 'redis-a-repeated-append-keeps-its-tag',
    race: 'a failover loses a batch, its answer is lost, and other events take its place',
    swap: ['string.sub(tag, 2, #tag) .. string.sub(tag, 1, 1)', 'tag'],
    cluster: true,
  },
  {
    name: 'redis-a-repeated-append-appends-again',
    race: 'Redis has appended, and the connection breaks before the answer',
    becomes: '    local batch, given_up = nil, false',
    cluster: true,
  },
  {
    name: 'redis-a-lost-end-is-not-missed',
    race: 'a failover loses the end of a log',
    swap: ['return false', 'return true'],
    cluster: true,
  },
  {
    name: 'redis-a-lost-mark-is-a-lost-event',
    race: 'a failover loses only the mark that an event is durable',
    swap: ['isLost && (await this.confirm(log_id))', 'false'],
    cluster: true,
  },
  {
    name: 'redis-a-lost-wake-up-is-not-missed',
    race: 'lost wake-up between nodes',
    cluster: true,
  },
  {
    name: 'redis-a-found-place-is-not-learned',
    race: 'a page registers past the head that its node knows, and a failover loses that place',
    cluster: true,
  },
  {
    name: 'redis-a-read-goes-past-what-is-known',
    race: 'a pump reads past the head that its node knows, and a failover loses that',
    cluster: true,
  },
  {
    name: 'redis-a-read-notices-no-loss',
    race: 'a failover loses the end of a log, which grows again before its node looks',
    cluster: true,
  },
  {
    name: 'redis-an-ended-run-leaves-the-index-at-once',
    race: 'a failover loses the end of a run while a node takes it out of the index',
    swap: ['since !== undefined && now - since > STALE_MS', 'true'],
    cluster: true,
  },
  {
    name: 'redis-an-append-of-a-lost-node-stays-unconfirmed',
    race: 'a node dies between its append and the mark that it is durable',
    cluster: true,
  },
  {
    name: 'redis-fences-are-open',
    race: 'a producer comes back after its lease',
    swap: ['not admits(piece, runs, run_ids)', 'not admits(piece, runs, run_ids) and false'],
    cluster: true,
  },
  {
    name: 'redis-generations-are-not-compared',
    race: 'two nodes grant one session at a time',
    becomes: 'local _ = nil',
    cluster: true,
  },
  {
    name: 'redis-a-session-of-the-same-name-is-overwritten',
    race: 'a node is frozen while its thread is erased, and the page registers at another node',
    swap: ['not s.exists or cjson.decode(s.json).secret == secret', 'true'],
    cluster: true,
  },
  {
    name: 'redis-replicas-are-not-awaited',
    race: 'a failover to a replica that is behind',
    swap: ['>= replicas', '>= 0'],
    cluster: true,
  },
  {
    name: 'redis-what-was-missed-is-skipped',
    race: 'lost wake-up between nodes',
    cluster: true,
  },
];
