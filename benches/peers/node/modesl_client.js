// modesl.
'use strict';

const { createRequire } = require('module');
const esl = createRequire(process.env.ESL_PEERS_NODE + '/')('modesl');

const NAMES = ['Event-Name', 'Unique-ID', 'Hangup-Cause'];
const [port, expected] = process.argv.slice(2).map(Number);
let events = 0;
let headers = 0;

function end() {
    console.log(events, headers);
    process.exit(0);
}

const connection = new esl.Connection('127.0.0.1', port, 'ClueCon', () => connection.subscribe('ALL'));
connection.on('error', end);
connection.on('esl::end', end);
connection.on('esl::event::**', (event) => {
    if (!event.getHeader('Event-Name')) return;
    events += 1;
    for (const name of NAMES) {
        if (event.getHeader(name)) headers += 1;
    }
    if (events >= expected) end();
});
