/**
 * What the classic script `session_monitor.js` holds. The build puts it where a page finds it
 * (`window.SessionMonitor`) and where `require` does (`{ SessionMonitor, SessionMonitorError }`).
 */

export { SessionMonitor, SessionMonitorError } from './index.js';
