/** What a server is started with, and what stands behind its URL, so that client and server speak RESP2. */
export const oldProtocols: [title: string, how: { args: string[]; query: string }][] = [
  ['RESP2', { args: [], query: '?protocol=2' }],
  ['a server without HELLO', { args: ['--rename-command', 'HELLO', ''], query: '' }],
];
