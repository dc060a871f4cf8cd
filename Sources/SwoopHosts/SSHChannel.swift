// A command on a host: what it is given, what it prints, how it ends.

import CSwoopSSH2
import Glibc

/// How a command ended.
struct CommandResult: Sendable {
    var output: [UInt8]
    var errorOutput: [UInt8]
    /// The exit code; 128 and more, or -1, when a signal ended it or nothing was said.
    var code: Int32
    /// `KILL`; nil when no signal ended it.
    var signal: String?
}

extension CommandResult {
    /// Whether a line of its output is this.
    func says(_ line: String) -> Bool {
        let wanted = Array(line.utf8)[...]
        return output.split(separator: UInt8(ascii: "\n")).contains(wanted)
    }
}

/// One command of a session.
///
/// Used by the thread that has the session.
@safe final class SSHChannel {
    private let session: SSHSession
    private let handle: OpaquePointer
    /// What it has printed.
    var output = PrintedStream()
    var errorOutput = PrintedStream()
    /// Read at a time: who prints without end keeps nobody from looking at the clock.
    private static let readMax = 256 << 10

    /// Starts a command through the user's shell on the host.
    init(_ session: SSHSession, command: String) throws(HostError) {
        self.session = session
        let opened = unsafe try session.repeatedPointer {
            unsafe libssh2_channel_open_ex(
                session.handle, "session", 7, UInt32(2 << 20),
                UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT), nil, 0)
        }
        guard let opened = unsafe opened else {
            throw session.wait.error(
                "it opens no session for commands.", words: session.failureWords())
        }
        unsafe handle = opened
        let length = UInt32(command.utf8.count)
        let code = try session.repeated {
            unsafe libssh2_channel_process_startup(handle, "exec", 4, command, length)
        }
        guard code == 0 else {
            throw session.wait.error("it runs no commands.", words: session.failureWords())
        }
    }

    deinit {
        // It may want to wait for the other side: then it ends with the session.
        _ = unsafe libssh2_channel_free(handle)
    }

    /// Runs a script of the shell, with its last line, to its end.
    static func run(_ script: String, on session: SSHSession) throws(HostError) -> CommandResult {
        let channel = try HostShell.open(on: session)
        _ = try channel.write(Array(script.utf8))
        return try channel.finish()
    }

    /// Writes to its standard input; false when it no longer listens.
    func write(_ bytes: [UInt8]) throws(HostError) -> Bool {
        var place = 0
        while place < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { raw in
                unsafe libssh2_channel_write_ex(
                    handle, 0,
                    raw.baseAddress!.advanced(by: place).assumingMemoryBound(to: CChar.self),
                    raw.count - place)
            }
            if count > 0 {
                place += count
                session.wait.extend()
            } else if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) {
                // While a packet is half sent, the library takes nothing but the same call again.
                if session.isBlockedSending {
                    _ = try session.wait.wait(for: session.descriptor, POLLOUT)
                } else {
                    let hasMoved = try read()
                    if isEnded { return false }
                    if !hasMoved { try session.waitForSocket() }
                }
            } else {
                guard isBroken(count) else { return false }
                throw session.broken()
            }
        }
        return true
    }

    /// Ends its standard input, reads everything, and waits for its end.
    func finish() throws(HostError) -> CommandResult {
        // Refused when it has ended already.
        _ = try session.repeated { unsafe libssh2_channel_send_eof(handle) }
        while !isEnded {
            if try !read(), !isEnded { try session.waitForSocket() }
        }
        _ = try session.repeated { unsafe libssh2_channel_close(handle) }
        return CommandResult(
            output: output.tail, errorOutput: errorOutput.tail,
            code: unsafe libssh2_channel_get_exit_status(handle), signal: exitSignal())
    }

    /// Reads what is there; false when that was nothing.
    func read() throws(HostError) -> Bool {
        let one = try read(stream: 0, into: &output)
        let other = try read(stream: SSH_EXTENDED_DATA_STDERR, into: &errorOutput)
        // Somebody who never stops printing is never waited for.
        try session.wait.check()
        return one || other
    }

    /// What it has printed; it goes on.
    var soFar: CommandResult {
        CommandResult(output: output.tail, errorOutput: errorOutput.tail, code: 0)
    }

    /// Forgets what it has printed: something else begins.
    func forget() {
        output = PrintedStream()
        errorOutput = PrintedStream()
    }

    /// True when its output has ended and was read.
    var isEnded: Bool { unsafe libssh2_channel_eof(handle) != 0 }

    private func read(stream: Int32, into kept: inout PrintedStream) throws(HostError) -> Bool {
        var left = Self.readMax
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        while left > 0 {
            let count = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe libssh2_channel_read_ex(
                    handle, stream, raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
            }
            if count > 0 {
                left -= count
                kept.append(buffer[..<count])
            } else if count == Int(LIBSSH2_ERROR_EAGAIN), session.isBlockedSending {
                _ = try session.wait.wait(for: session.descriptor, POLLOUT)
            } else if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) {
                return left < Self.readMax
            } else if isBroken(count) {
                throw session.broken()
            } else {
                return left < Self.readMax
            }
        }
        return true
    }

    private func isBroken(_ code: Int) -> Bool {
        switch Int32(truncatingIfNeeded: code) {
        case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
            LIBSSH2_ERROR_DECRYPT, LIBSSH2_ERROR_INVALID_MAC, LIBSSH2_ERROR_PROTO:
            true
        default: false
        }
    }

    private func exitSignal() -> String? {
        var name: UnsafeMutablePointer<CChar>?
        var length = 0
        let code = unsafe libssh2_channel_get_exit_signal(
            handle, &name, &length, nil, nil, nil, nil)
        guard code == 0, let name = unsafe name else { return nil }
        defer { unsafe libssh2_free(session.handle, name) }
        return unsafe String(cString: name)
    }
}

extension SSHSession {
    /// What both sides say about a call that failed.
    func failureWords() -> String {
        let words = remoteWords()
        return words.isEmpty ? lastWords : words
    }

    /// The connection has ended in the midst of something.
    func broken() -> HostError {
        wait.error("the SSH connection broke.", words: failureWords())
    }
}
