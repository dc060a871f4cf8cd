// Tasks that take their worker apart by other means than memory: what it holds open, what it is,
// what it leaves behind.

import Glibc
import Swoop

/// Does one thing that no task should, and says its number if the worker lives.
@Remote func intrude(_ number: Int) -> Int {
    switch number {
    // Closes all that the worker holds open.
    case 0: for descriptor in Int32(3)..<1_024 { close(descriptor) }
    // Makes all of it empty: the memory that it shares with its agent too.
    case 1: for descriptor in Int32(3)..<1_024 { _ = ftruncate(descriptor, 0) }
    // Writes a megabyte into each.
    case 2:
        let bytes = [UInt8](repeating: 255, count: 1 << 20)
        for descriptor in Int32(3)..<1_024 {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = unsafe write(descriptor, bytes, bytes.count)
        }
    // Is another program from now on.
    case 3:
        var words: [UnsafeMutablePointer<CChar>?] = unsafe []
        for word in ["/bin/sleep", "1000"] { unsafe words.append(strdup(word)) }
        unsafe words.append(nil)
        _ = unsafe execv("/bin/sleep", words)
    // Leaves as if all were well.
    case 4: exit(0)
    // Stops itself: only its agent can end it.
    case 5: raise(SIGSTOP)
    // Takes its own limits away.
    case 6:
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        for kind in [RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_STACK] {
            _ = unsafe setrlimit(__rlimit_resource_t(kind.rawValue), &none)
        }
    default: break
    }
    return number
}

/// What becomes of 100 others, and of the agent, when one task does so.
func tellIntruder(_ number: Int) async throws {
    try await withTestCluster { cluster in
        let before = try await cluster.remotely { $0.call(agentProcess, 1) }.value
        let (innocents, intruder) = try await cluster.remotely { remote in
            ((0..<100).map { remote.call(slowSquare, $0) }, remote.call(intrude, number))
        }
        do {
            tell("intruder", try await intruder.value)
        } catch {
            tell("intruder", "failed: \(error)")
        }
        var right = 0
        for (i, proxy) in innocents.enumerated() where try await proxy.value == i * i { right += 1 }
        tell("right", right)
        let after = try await cluster.remotely { $0.call(agentProcess, 2) }.value
        tell("agent", before == after ? "the same" : "another")
    }
}
