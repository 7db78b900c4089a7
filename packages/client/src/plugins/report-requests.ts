/** Answers an operator that asks for a report, for an app that has allowed it. */

import { readReportRequest, SERVER_EVENTS } from '@session-monitor/protocol';
import { NoticeListener } from './notice-listener.js';

export class ReportRequests extends NoticeListener {
  protected readonly event = SERVER_EVENTS.reportRequest;
  /** Sends the report. The monitor sets it. */
  answer: (() => Promise<void>) | undefined;

  protected onNotice(payload: unknown): void {
    const { state, log } = this.context;
    if (readReportRequest(payload)?.session_id !== state().session?.id) return;
    this.answer?.().catch((error: unknown) => log('report', error));
  }
}
