/** A connection by polling, as any program can make it: it has joined nothing. */
export async function openPolling(url: string) {
  const path = `${url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(path)).text()).slice(1)) as { sid: string };
  const post = (body: string) => fetch(`${path}&sid=${sid}`, { method: 'POST', body });
  return { post, poll: () => fetch(`${path}&sid=${sid}`) };
}
