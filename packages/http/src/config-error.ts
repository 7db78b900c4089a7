import { ServerError } from '@session-monitor/server';

/** An option that makes no sense. */
export const configError = (message: string): ServerError => new ServerError('ERR_CONFIG', message);
