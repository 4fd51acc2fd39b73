import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection } from '@redpost/core';
import { createDashboard } from '@redpost/dashboard';
import open from 'open';

/** A page beside the terminal, which shows what the demo does. */
export interface DemoDashboard extends AsyncDisposable {
  /** Where it is, on this machine only. */
  address: string;
}

/** Serves the dashboard on a free port of this machine; with a browser to show it in, opens it there. */
export async function openDashboard(
  connection: Connection,
  { inBrowser }: { inBrowser: boolean },
): Promise<DemoDashboard> {
  const dashboard = createDashboard({ connection, readOnly: true });
  const server = createServer(dashboard.node);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/`;
  if (inBrowser) await openInBrowser(address);
  return {
    address,
    async [Symbol.asyncDispose]() {
      await dashboard.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Shows the page, if the machine has a browser. If it has none, the address that is printed is enough. */
async function openInBrowser(address: string): Promise<void> {
  const ignored = () => {};
  await open(address).then((browser) => browser.on('error', ignored), ignored);
}
