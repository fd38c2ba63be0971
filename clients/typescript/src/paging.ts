/** A page of any list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor?: string;
  readonly as_of?: string;
}

/** Every record of a list, page after page: `each((cursor) => take(api.GET("/api/v1/…", { params: { query: { … } } })))`. */
export async function* each<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.has_more ? page.next_cursor : undefined;
  } while (cursor !== undefined);
}

/**
 * Hands every record that changed since `since` to `keep` and returns what to send the next time (`as_of` of the first
 * page: what changes while the pages are read comes again). A record may come twice; `keep` replaces by id.
 */
export async function synchronise<T>(
  since: string,
  read: (since: string, cursor: string | undefined) => Promise<Page<T>>,
  keep: (record: T) => Promise<void> | void,
): Promise<string> {
  let asOf: string | undefined;
  const pages = async (cursor: string | undefined): Promise<Page<T>> => {
    const page = await read(since, cursor);
    asOf ??= page.as_of;
    return page;
  };
  for await (const record of each(pages)) {
    await keep(record);
  }
  return asOf ?? since;
}
