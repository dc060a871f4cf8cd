// A port of ours that is carried to a host which cannot reach us.

import Foundation
import Glibc
import SwoopHosts
import SwoopTransport
import Testing

@Suite(.enabled(if: SSHTools.areHere, "needs sshd and ssh-keygen"))
struct CarriedPortTests {
    /// An agent that cannot reach us, is told of another endpoint, writes and reads there.
    private func agent(in folder: String) -> String {
        """
        #!/bin/bash
        read -r line
        echo 'swoop: cannot reach tcp://192.0.2.1:1'
        read -r line
        port=${line##*:}
        exec 3<>/dev/tcp/127.0.0.1/$port || exit 9
        echo "$line" >&3
        read -r answer <&3
        echo "$answer" >\(folder)/answer
        echo 'swoop: joined alpha'
        exec >/dev/null 2>&1 </dev/null
        read -r more <&3
        echo "$more" >>\(folder)/answer
        head -c 3000000 /dev/zero >&3
        exec 3<&- 3>&-
        """
    }

    @Test
    func `the agent reaches us through the connection that stays, before and after it joined`()
        throws
    {
        let server = try TestServer()
        let listener = try TestListener()
        let echo = Echo()
        let thread = try LoopThread(named: "echo") { [descriptor = listener.descriptor] in
            echo.serve(descriptor)
        }
        let outcome = try server.bringUp(
            script: agent(in: server.folder), carrying: listener.port)
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        let carried = try #require(outcome.carried)
        #expect(carried.isOpen)
        thread.join()
        carried.close()
        #expect(!carried.isOpen)
        #expect(echo.bytesAfterJoining == 3_000_000)
        let padding = String(repeating: ".", count: 300)
        #expect(try server.read("answer") == "you said endpoint=tcp\(padding)\nand then\n")
    }

    @Test func `what a silent connection's turn took off the wire is not waited for`() throws {
        let server = try TestServer()
        let listener = try TestListener()
        let thread = try LoopThread(named: "echo") { [descriptor = listener.descriptor] in
            Echo.repeatLines(descriptor)
        }
        let outcome = try server.bringUp(
            script: """
                #!/bin/bash
                read -r line
                echo 'swoop: cannot reach tcp://192.0.2.1:1'
                read -r line
                place=/dev/tcp/127.0.0.1/${line##*:}
                exec 3<>$place && echo first >&3 && read -r answer <&3 || exit 9
                for silent in {4..7}; do eval "exec $silent<>$place" || exit 9; done
                for turn in {1..3000}; do
                    echo "$turn" >&3
                    read -r answer <&3
                    [ "$answer" = "$turn" ] || exit 8
                done
                echo 'swoop: joined alpha'
                """, carrying: listener.port)
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        outcome.carried?.close()
        thread.join()
    }

    @Test func `a host that carries no ports is told apart`() throws {
        let server = try TestServer(settings: ["AllowTcpForwarding no"])
        let failure = try #require(
            try server.bringUp(script: agent(in: server.folder)).failure)
        #expect(failure.step == .start)
        #expect(failure.message.contains("AllowTcpForwarding"))
    }
}

/// Our side of the carried connection.
private final class Echo: @unchecked Sendable {
    // Written by the thread that serves, read once that has been joined.
    private(set) var bytesAfterJoining = 0

    func serve(_ listener: Int32) {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe read(connection, &buffer, buffer.count)
        guard count > 0 else { return }
        let said = String(decoding: buffer[..<count], as: UTF8.self).prefix { $0 != ":" }
        // So much answers a permitted key: who has heard less may say little.
        let padding = String(repeating: ".", count: 300)
        say("you said \(said)\(padding)\n", on: connection)
        say("and then\n", on: connection)
        while true {
            let count = unsafe read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            bytesAfterJoining += count
        }
    }

    /// Takes one connection and gives it back whatever it sends.
    static func repeatLines(_ listener: Int32) {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 1 << 10)
        while true {
            let count = unsafe read(connection, &buffer, buffer.count)
            guard count > 0, unsafe write(connection, buffer, count) == count else { return }
        }
    }

    private func say(_ text: String, on connection: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe write(connection, bytes, bytes.count)
    }
}
