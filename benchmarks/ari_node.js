// Node's ari-client as a rival of ari_link: for each line "IN_FLIGHT SECONDS" it prints how many pings a second it had answered.
// node ari_node.js FOLDER CONNECTIONS URL USERNAME PASSWORD, where FOLDER has the node_modules with ari-client.
'use strict';

const http = require('http');
const { createRequire } = require('module');
const path = require('path');
const readline = require('readline');

const [folder, connections, url, username, password] = process.argv.slice(2);
const client = createRequire(path.join(folder, 'node_modules', ''))('ari-client');

// Its Swagger library tells there what it thinks of Asterisk's description.
console.log = () => {};

http.globalAgent.maxSockets = Number(connections);

async function rate(ari, inFlight, seconds) {
  const began = performance.now();
  const end = began + 1000 * seconds;
  let answered = 0;
  async function worker() {
    do {
      if ((await ari.asterisk.ping()).ping !== 'pong') throw new Error('this is no answer to a ping');
      answered += 1;
    } while (performance.now() < end);
  }
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (1000 * answered) / (performance.now() - began);
}

(async () => {
  const ari = await client.connect(url, username, password);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [inFlight, seconds] = line.split(' ').map(Number);
    process.stdout.write(`${await rate(ari, inFlight, seconds)}\n`);
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
