// How much memory the machine could still give. The kernel does not refuse memory for a memory
// descriptor when there is none: it kills processes instead, and not the one that asked. So the
// arena asks here first.

import Glibc

/// Memory of this machine, or of the control group that this process is confined to.
package enum MachineMemory {
    /// Bytes that could be taken now without swapping; nil where the system does not tell.
    package static func availableBytes() -> Int? {
        let machine = meminfo("MemAvailable:")
        let group = groupFolder().flatMap(availableBytes(inGroup:))
        guard let machine else { return group }
        return min(machine, group ?? .max)
    }

    /// Bytes in all; nil where the system does not tell.
    package static func totalBytes() -> Int? {
        meminfo("MemTotal:")
    }

    private static func meminfo(_ field: String) -> Int? {
        guard let text = text(of: "/proc/meminfo") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(field) {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kibibytes = Int(words[1]) else { return nil }
            return kibibytes << 10
        }
        return nil
    }

    /// The folder of this process's group in the unified hierarchy; older hierarchies are not
    /// looked at.
    private static func groupFolder() -> String? {
        guard let text = text(of: "/proc/self/cgroup") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("0::") {
            return "/sys/fs/cgroup" + line.dropFirst(3)
        }
        return nil
    }

    private static func availableBytes(inGroup folder: String) -> Int? {
        guard let limit = number(in: folder + "/memory.max"),
            let used = number(in: folder + "/memory.current")
        else { return nil }
        return max(0, limit - used)
    }

    private static func number(in path: String) -> Int? {
        text(of: path).flatMap { Int($0.prefix { $0 != "\n" }) }
    }

    private static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
