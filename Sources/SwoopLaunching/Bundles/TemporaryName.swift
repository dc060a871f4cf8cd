// Names of what is being received: they tell whether somebody still works on it.

import Glibc
import Synchronization

/// A name in the folder of transfers, by which any process can tell what a broken one left.
enum TemporaryName {
    private static let counter = Counter()

    /// A name that no other process and no other call makes: start of the machine, process
    /// namespace, process id, its start, a number.
    static func make() -> String {
        "\(prefix)-\(me.pid)-\(me.startTicks)-\(counter.next())"
    }

    /// Whether a name is one of those, or one that a script of `swoop up` makes: what has another
    /// is not the cache's.
    static func isOne(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        if parts.first == "ssh" { return parts.count == 2 && isWord(parts[1], allowing: ".poc") }
        return parts.count == 5 && parts.allSatisfy { isWord($0, allowing: "") }
    }

    private static func isWord(_ text: Substring, allowing others: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                    || others.utf8.contains(byte)
            }
    }

    /// Whether what has this name, changed so many seconds ago, can be removed: its process has
    /// gone, or it is of another machine, or of a script, and an hour old.
    static func isLeftOver(_ name: String, ageInSeconds: Int64) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 5, "\(parts[0])-\(parts[1])" == prefix, let pid = Int32(parts[2]),
            let start = UInt64(parts[3])
        {
            return ProcessIdentity(pid: pid, startTicks: start, bootID: me.bootID).hasEnded
        }
        return ageInSeconds > 3_600
    }

    private static let me = ProcessIdentity.current()

    /// Process ids mean something within one start of one machine and one namespace: a cache may
    /// lie on a disk that machines or containers share.
    private static let prefix: String = {
        var status = stat()
        let isKnown = unsafe stat("/proc/self/ns/pid", &status) == 0
        return "\(me.bootID.prefix(8))-\(isKnown ? UInt64(status.st_ino) : 0)"
    }()
}

private final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}
