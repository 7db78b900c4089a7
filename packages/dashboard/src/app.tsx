/** Which page is shown. */

import { useLiveView } from './hooks/use-live.js';
import { useRoute } from './hooks/use-route.js';
import type { Route } from './model/route.js';
import { Gate } from './views/gate.js';
import { Overview } from './views/overview.js';
import { Empty, PageHead } from './views/parts.js';
import { RunsPage } from './views/runs-page.js';
import { SessionPage } from './views/session-page.js';
import { SessionsPage } from './views/sessions-page.js';
import { Shell } from './views/shell.js';
import { ThreadPage } from './views/thread-page.js';
import { ThreadsPage } from './views/threads-page.js';
import { TraceFilePage } from './views/trace-file-page.js';

export function App() {
  const route = useRoute();
  const { connection } = useLiveView();
  // A file is read without the server.
  if (connection.state === 'gated' && route.page !== 'file') {
    return <Gate message={connection.problem.message} />;
  }
  return (
    <Shell page={route.page}>
      <Page route={route} />
    </Shell>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'overview':
      return <Overview />;
    case 'sessions':
      return <SessionsPage query={route.query} />;
    case 'session':
      return <SessionPage key={route.session_id} session_id={route.session_id} />;
    case 'threads':
      return <ThreadsPage q={route.q} />;
    case 'thread':
      return <ThreadPage key={route.thread_id} thread_id={route.thread_id} from={route.from} />;
    case 'runs':
      return <RunsPage />;
    case 'file':
      return <TraceFilePage />;
    default:
      return (
        <>
          <PageHead title="There is no such page" />
          <Empty title="This address leads nowhere">Choose a page beside.</Empty>
        </>
      );
  }
}
