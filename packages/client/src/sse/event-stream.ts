/** Server-sent events as they come over `fetch`, by the rules of the HTML standard, as far as they are used. */

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Takes text as it comes, in whatever pieces, and gives the events that are complete. */
export class EventStreamParser {
  #rest = '';
  #event = '';
  #data: string[] = [];

  /** The events that end in this piece. */
  push(text: string): readonly StreamEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const events: StreamEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event) events.push(event);
    }
    return events;
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (name === 'event') this.#event = value;
    if (name === 'data') this.#data.push(value);
    // A comment has no name; an id is in what it belongs to.
    return undefined;
  }

  #end(): StreamEvent | undefined {
    const [event, data] = [this.#event, this.#data];
    this.#event = '';
    this.#data = [];
    return data.length === 0 ? undefined : { event: event || 'message', data: data.join('\n') };
  }
}
