/** The host names under which the server answers. Pure. */

/** A name or an address, with a port or for every port: `chat.example.com`, `[::1]:5001`. */
export const HOST_PATTERN = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;

/** Whether one of the names is that of a `Host` header. A name without a port allows every port. */
export function listsHost(names: readonly string[], host: string | undefined): boolean {
  const [whole = '', name = ''] = HOST_PATTERN.exec(host?.toLowerCase() ?? '') ?? [];
  return (
    whole !== '' &&
    names.some((each) => {
      const listed = each.toLowerCase();
      return listed === whole || listed === name;
    })
  );
}
