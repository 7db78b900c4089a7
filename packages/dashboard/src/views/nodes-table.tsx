/** Each server with its figures. */

import type { NodeTotals, Tally } from '../model/answers.js';
import { bytes, duration, number, rate } from '../model/format.js';
import { NO_QUERY } from '../model/route.js';
import { Link } from './parts.js';

const allOf = (tally: Tally): number => Object.values(tally).reduce((sum, count) => sum + count, 0);

export function NodesTable({ nodes }: { readonly nodes: readonly NodeTotals[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="scroll-x" tabIndex={0} aria-label="Servers and their figures">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">Server</th>
            <th scope="col">State</th>
            <th scope="col" className="right">
              Connections
            </th>
            <th scope="col" className="right">
              Sessions
            </th>
            <th scope="col" className="right">
              Replies
            </th>
            <th scope="col" className="right">
              Events/s
            </th>
            <th scope="col" className="right">
              Loop delay
            </th>
            <th scope="col" className="right">
              Heap
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.node}>
              <th scope="row">
                <Link to={{ page: 'sessions', query: { ...NO_QUERY, node: node.node } }}>
                  {node.node}
                </Link>
              </th>
              <td>{node.draining ? 'stops' : 'serves'}</td>
              <td className="right">{number(allOf(node.connections))}</td>
              <td className="right">{number(allOf(node.sessions))}</td>
              <td className="right">{number(node.runs.running + node.runs.waiting)}</td>
              <td className="right">{rate(node.sent_per_s)}</td>
              <td className="right">{duration(node.loop_delay_ms)}</td>
              <td className="right">
                {bytes(node.memory.heap_used_bytes)} of {bytes(node.memory.heap_limit_bytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
