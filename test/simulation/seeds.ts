/**
 * Seeds that have failed: each found a bug in the product (or, where it says so, in the simulation). A seed's
 * world changes when the scenarios do. The named tests keep what it found.
 */

export interface FoundSeed {
  readonly seed: number;
  /** A world with several nodes. */
  readonly cluster: boolean;
  readonly found: string;
}

export const FOUND: readonly FoundSeed[] = [
  {
    seed: 52,
    cluster: true,
    found:
      'A failover lost a whole log. Its reader stayed at a head that was not there any more (`a log that a failover has lost as a whole …` in redis-failover.test.ts).',
  },
  {
    seed: 113,
    cluster: true,
    found:
      'Two sessions of one socket got a reset at one time; the second was written to a transport that was not writable (`waits with the reset …` in pump-losses.test.ts).',
  },
  {
    seed: 123,
    cluster: true,
    found:
      'A frozen node wrote to the record of a session that had been created again, under the same name and generation, after its thread was erased.',
  },
  {
    seed: 218,
    cluster: true,
    found:
      "A copied tab took the session of a live owner over: the owner's node had started since the newest beat (`the owner on a node that has just started …` in registry.test.ts).",
  },
  {
    seed: 815,
    cluster: true,
    found:
      'A message was confirmed as a duplicate before a replica had it (`a message that no replica has confirmed …` in redis-failover.test.ts).',
  },
  {
    seed: 847,
    cluster: true,
    found:
      'A thread was erased while a page registered: the page was reset back to the erased log (`a place in a log that was erased elsewhere …` in thread-log.test.ts).',
  },
  {
    seed: 1913,
    cluster: true,
    found:
      'A failover lost the end of a log, and the reset was lost, too: the page stayed ahead of the log (`a server that has sent less …` in pinging.test.ts).',
  },
  {
    seed: 3110,
    cluster: true,
    found:
      'In the simulation: it followed only one of two ways in which a log went on that had lost its end.',
  },
  {
    seed: 5198,
    cluster: true,
    found:
      'A failover between the loading of a script and its call: the second NOSCRIPT counted as a refusal, and the registration was answered `unavailable`.',
  },
  {
    seed: 6456,
    cluster: true,
    found:
      'A failover lost the end of a run while its node took it out of the index of open runs: no node ended it.',
  },
  {
    seed: 6936,
    cluster: true,
    found:
      'A failover lost the end of a log while it was read. A wake-up of before arrived during the read, and the loss went unnoticed until the next look.',
  },
  {
    seed: 7019,
    cluster: true,
    found:
      'A failover brought an erased log back without its end. A page that had not got the reset yet went on in it.',
  },
  {
    seed: 120031693,
    cluster: true,
    found:
      'A thread was erased twice at once, and the first erasure was repeated because no replica had confirmed it: it erased what came after the second one.',
  },
  {
    seed: 120018345,
    cluster: true,
    found:
      'A thread was erased twice at once. The answer to the first erasure took the place of the log that the second one had begun.',
  },
  {
    seed: 120004343,
    cluster: true,
    found: 'The answer to an erasure came after events of the new log, and took its head back.',
  },
  {
    seed: 100009623,
    cluster: true,
    found:
      'In the simulation: an answer arrived when its session had gone, and was compared with the grant of a later one.',
  },
  {
    seed: 110000095,
    cluster: true,
    found:
      'A log that a failover had lost was begun again under its epoch, and what was kept of its events was sent.',
  },
  {
    seed: 7248,
    cluster: true,
    found:
      'A node learned from an answer that its log was another one, and read what it had kept of the former as if it was the new one.',
  },
  {
    seed: 7002008,
    cluster: true,
    found:
      'A command that waited before its next attempt kept its timer when the store was closed.',
  },
  {
    seed: 7034712,
    cluster: true,
    found:
      'A node appended to a log that had lost what it had heard of during the append, and took its own head for the next one.',
  },
  {
    seed: 7011713,
    cluster: true,
    found:
      'In the simulation: a registration that was sent twice was answered twice, and the reset that followed came twice. It is obeyed twice.',
  },
  {
    seed: 8004148,
    cluster: true,
    found:
      'In the simulation: a frozen node whose heartbeat had lapsed was expected to keep its sessions.',
  },
  {
    seed: 9003760,
    cluster: true,
    found:
      'A look-up found the log that an erasure had begun, and the answer to an append of the former one took the head back.',
  },
  {
    seed: 9006462,
    cluster: true,
    found:
      'A reset waited for the transport. Meanwhile the log was trimmed past the place of its reader, and nothing showed any more that it was due.',
  },
  {
    seed: 10009804,
    cluster: true,
    found:
      'In the simulation: it expected that a session which has expired still counts the attempts of its owner.',
  },
  {
    seed: 10010660,
    cluster: true,
    found:
      "A node that had not heard that its session had moved took it over for a copied tab: it judged the owner by the former connection's silence.",
  },
  {
    seed: 8017565,
    cluster: true,
    found:
      'In the simulation: a frozen node sent its receipt after a failover had lost the grant and another node had granted the session again.',
  },
  {
    seed: 7010891,
    cluster: true,
    found:
      'In the simulation: a frozen node whose heartbeat a failover had lost was expected to keep its sessions.',
  },
  {
    seed: 12831,
    cluster: true,
    found:
      'A failover lost the end of a log while a pump read it. The read failed, and the pump was not woken again.',
  },
  {
    seed: 16258,
    cluster: true,
    found:
      'A failover lost the end of a log, which grew again before its node knew: a page got new events after lost ones.',
  },
  {
    seed: 4002157,
    cluster: true,
    found:
      'A failover lost the end of a log between the reads of a compaction and its write: the compacted range was of lost events.',
  },
  {
    seed: 3900050365,
    cluster: false,
    found:
      'In the simulation: it expected a quick stop although a flush had begun on a slow disk, because the disk was fast again by the end.',
  },
  {
    seed: 3300054635,
    cluster: false,
    found:
      "A page asked for what comes 'now', its receipt was lost with the node, and a copy of its tab took the session over. Its " +
      "'now' was three events later when it came back (`a lost 'now' is kept …` in registry.test.ts).",
  },
  {
    seed: 6624,
    cluster: false,
    found:
      'A reader from before the base of a log that was trimmed up to its head got an error about a damaged store ' +
      '(`retention: a log that is trimmed up to its head …` in the conformance suite).',
  },
  {
    seed: 9352,
    cluster: false,
    found:
      'In the simulation: it expected of a server whose store was put back that it knows a v1 client that had come ' +
      'since the back-up. A client of v1 has no cursor to tell.',
  },
  {
    seed: 1506,
    cluster: false,
    found:
      'A client that resumed on a dead connection took ten seconds to notice: two resumes and two registrations went ' +
      'unanswered one after the other (`a hole on a link that is silent …` in step.test.ts).',
  },
  {
    seed: 5074,
    cluster: false,
    found:
      'In the simulation: it took a first receipt that tells of a gap for one that begins after it.',
  },
  {
    seed: 22939,
    cluster: false,
    found:
      'In the simulation: it remembered what a monitor was granted first although its session had been erased with ' +
      'the thread since.',
  },
  {
    seed: 23452,
    cluster: false,
    found:
      'In the simulation: it read a commit in which a thread is forgotten and begun again as if its order mattered.',
  },
  {
    seed: 105198,
    cluster: false,
    found:
      'In the simulation: it took a late registration that got a new session for one that came too ' +
      'late. 234203 was the same.',
  },
  {
    seed: 134069,
    cluster: false,
    found:
      'In the simulation: it remembered what a monitor was granted first although the record of its session ' +
      'had gone since.',
  },
  {
    seed: 136475,
    cluster: false,
    found:
      'In the simulation: it owed a v1 client all of a log that had been put back at some time, not what ' +
      'came since it had registered. 206360, 269893, 275793 and 293271 were the same.',
  },
  {
    seed: 161300,
    cluster: false,
    found:
      'In the simulation: it waited for a session whose receipt got lost between two ends that are well, ' +
      'and which idles for a minute.',
  },
  {
    seed: 197240,
    cluster: false,
    found: 'In the simulation: it took events of a log that had been erased and put back for gone.',
  },
  {
    seed: 214700,
    cluster: false,
    found:
      'An event was lost without a notice: the app had stopped in the middle of a frame, the store was put ' +
      "back to before it, and the monitor went on from the frame's beginning and dropped what grew there " +
      'again as known (`a frame that was applied in part …` in step.test.ts; the scenario `put back`).',
  },
  {
    seed: 231395,
    cluster: false,
    found:
      'Of two trims of one thread at a time the second took its base back to where there was nothing any ' +
      'more (`of two concurrent trims …` in lmdb-journal.test.ts; the scenario `two trims`).',
  },
  {
    seed: 240172,
    cluster: false,
    found:
      'A thread that was erased while its server closed had its store closed under it (`a server that is ' +
      'closed erases nothing …` in erase.test.ts).',
  },
  {
    seed: 69710,
    cluster: false,
    found:
      'A limit: a log that was put back and has been trimmed since past the place of a reader has nothing left to ' +
      'check its cursor against. The reader gets a gap, but no reset for its former history.',
  },
  {
    seed: 140003705,
    cluster: true,
    found:
      'A failover lost the end of a run while its node took it out of the index, and the node stopped before it had ' +
      'entered it again (`a run that has ended stays in the index …` in redis-runs.test.ts). In 142003427 the node was ' +
      'killed; 143005518 was the same.',
  },
  {
    seed: 20169398,
    cluster: true,
    found:
      'In the simulation: a node was frozen before the answer to its erasure, and another one erased the next log meanwhile. It ' +
      'was held to know of that, too.',
  },
  {
    seed: 2460,
    cluster: false,
    found:
      'In the simulation: a session had ended with its grant, and a copied tab that came next was blamed for taking it over.',
  },
  {
    seed: 160002386,
    cluster: true,
    found:
      'A failover had lost the first heartbeat of a node, and the message that asked whether it was there was lost, too: a copied tab ' +
      'took the session over from its live owner. The node is asked twice now.',
  },
  {
    seed: 7727,
    cluster: true,
    found:
      'Redis was away while a tab was copied, and the message that its session had moved was lost: the former node served the tab that ' +
      'it had, and said that it was the owner, for as long as that tab was open. The message is repeated until it is answered.',
  },
  {
    seed: 160003679,
    cluster: true,
    found:
      'In the simulation: a node was frozen between a grant and its receipt. Its thread was erased, and a session of the same name had ' +
      'come as far when the receipt left.',
  },
  {
    seed: 301231,
    cluster: false,
    found:
      'A trim that was still to be written when its thread was erased wrote the new log into the commit, before ' +
      'what the old one had still been given. One commit, so no reader saw it; a trim writes its own log only now.',
  },
  {
    seed: 392428,
    cluster: false,
    found:
      'In the simulation: a store that was put back counts generations again, and a page that had been frozen with one ' +
      'of before was taken for the session of now.',
  },
  {
    seed: 399524,
    cluster: false,
    found:
      'In the simulation: a v1 page that had been frozen read of a registration with a store that had been put back ' +
      'since, and was taken for known.',
  },
  {
    seed: 471144,
    cluster: false,
    found:
      'In the simulation: a registration whose connection had gone took a session over and ended it, unseen; the ' +
      'goodbye that came next was blamed.',
  },
  {
    seed: 6617,
    cluster: true,
    found:
      'In the simulation: a session registered again on its connection, which gave credit back, and a frame of another ' +
      'session left at once; it counted what was in flight before that registration until its receipt left.',
  },
  {
    seed: 202411,
    cluster: false,
    found:
      'In the simulation: a page that had said goodbye and then acknowledged something counted as there again. 256196 was ' +
      'the same.',
  },
  {
    seed: 607558,
    cluster: false,
    found:
      'A log was trimmed up to its head while it was read, and grew again before the read ended: the reader did ' +
      'not get the gap at once, and the log counted as damaged ' +
      '(`announces what was trimmed while it was read, …` in pump.test.ts).',
  },
  {
    seed: 618867,
    cluster: false,
    found: 'In the simulation: the first and the tenth socket of a process had the same id.',
  },
  {
    seed: 885715,
    cluster: false,
    found:
      'In the simulation: it expected that a session which another monitor had taken over and left still counts the ' +
      'attempts of its former owner. Its record remembers only those of its last owner.',
  },
];
