//! The example of the bare loop, against a server that follows a script on loopback.

#[path = "common/program.rs"]
mod program;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

#[test]
fn it_asks_listens_and_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut expect = |said: &str, text: &str| {
            socket.write_all(said.as_bytes()).unwrap();
            let mut heard = vec![0; text.len()];
            socket.read_exact(&mut heard).unwrap();
            assert_eq!(String::from_utf8(heard).unwrap(), text);
        };
        expect("Content-Type: auth/request\n\n", "auth x\n\n");
        expect("Content-Type: command/reply\nReply-Text: +OK accepted\n\n", "api status\n\nevent HEARTBEAT\n\n");
        let answers = "Content-Type: api/response\nContent-Length: 2\n\nUP\
            Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n\
            Content-Length: 23\nContent-Type: text/event-plain\n\nEvent-Name: HEARTBEAT\n\n";
        expect(answers, "exit\n\n");
        let goodbye = "Content-Type: command/reply\nReply-Text: +OK bye\n\n\
            Content-Type: text/disconnect-notice\nContent-Length: 4\n\nbye\n";
        expect(goodbye, "");
    });
    let output = Command::new(program::program("blocking")).args([&address, "x"]).output().unwrap();
    server.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "UP\n+OK event listener enabled plain\nevent HEARTBEAT\n+OK bye\n");
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn trouble_names_the_server() {
    let output = Command::new(program::program("blocking")).arg("127.0.0.1:1").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("blocking: 127.0.0.1:1: "));
}
