/** A report as readable text. */

import { type Distribution, listCounts } from '../../harness/figures.js';
import type { Violation } from '../checker/evidence.js';
import type { Report } from './report.js';

/** Violations shown in full; the rest are in the report's file. */
const SHOWN = 10;

export function tableOf(report: Report): string {
  const { network, server, publications, replies, clients, violations } = report;
  const rows: readonly (readonly [string, string])[] = [
    [
      'cuts',
      `${report.cuts} (${listCounts(network.faults)}), ${network.connectionsEnded} connections ended`,
    ],
    ['server', `${listCounts(server.faults)}; ${server.killsMidWrite} with a publish under way`],
    ['disk', `${report.disk}${report.disk === 'folder' ? ': a full disk is injected' : ''}`],
    [
      'published',
      `${publications.published}, acknowledged ${publications.acknowledged}, posted again ${publications.repeats}`,
    ],
    [
      'replies',
      `asked ${replies.asked}, read to the end ${replies.read}, broken ${replies.broken}, refused ${replies.refused}`,
    ],
    ['runs', `${replies.runs} on the threads: ${listCounts(replies.ends)}`],
    [
      'events',
      `${report.events} in the logs, ${clients.applied} applied by ${clients.histories} followers`,
    ],
    [
      'clients',
      `${clients.pages} pages, ${clients.reconnects} reconnects; registered: ${listCounts(clients.registered)}`,
    ],
    ['recovery', milliseconds(report.recovery)],
    ['server starts', milliseconds(report.starts)],
    ['converged', `${report.convergeMs} ms after the last fault`],
    ['violations', listCounts(violations)],
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(14)} ${text}`);
  return [...lines, ...report.details.slice(0, SHOWN).map(describe)].join('\n');
}

function describe({ kind, client, thread_id, what, around }: Violation): string {
  const where = [client, thread_id].filter(Boolean).join(' on ');
  const lines = around?.map((line) => `      ${JSON.stringify(line)}`) ?? [];
  return [`\n  ${kind}: ${where ? `${where}: ` : ''}${what}`, ...lines].join('\n');
}

const milliseconds = ({ count, p50, p99, max }: Distribution): string =>
  `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${count})`;
