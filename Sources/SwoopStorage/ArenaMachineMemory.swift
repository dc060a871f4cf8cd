// How much memory the machine could still give. The kernel does not refuse memory for a memory
// descriptor when there is none: it kills processes instead, and not the one that asked. So the
// arena asks here first.

import Glibc

/// Memory of this machine, or of the control group that this process is confined to.
package enum MachineMemory {
    /// Bytes that could be taken now without swapping; nil where the system does not tell.
    package static func availableBytes() -> Int? {
        let machine = meminfo("MemAvailable:")
        let group = group()?.availableBytes
        guard let machine else { return group }
        return min(machine, group ?? .max)
    }

    /// Bytes in all; nil where the system does not tell.
    package static func totalBytes() -> Int? {
        let machine = meminfo("MemTotal:")
        guard let limit = group()?.limit else { return machine }
        return min(machine ?? .max, limit)
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

    /// What a control group may have, and has.
    private struct Group {
        var limit: Int
        var used: Int
        /// Of files that nobody has looked at for long: it is given back when something else is
        /// wanted.
        var cached: Int

        var availableBytes: Int { max(0, limit - used + min(used, max(0, cached))) }
    }

    /// The limits of this process's group; nil: there are none. In a container the group's own
    /// folder is often where the hierarchy begins.
    private static func group() -> Group? {
        guard let text = text(of: "/proc/self/cgroup") else { return nil }
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            let isOlder = fields[1].split(separator: ",").contains("memory")
            guard isUnified || isOlder else { continue }
            let root = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            for folder in [root + fields[2], root] {
                if let group = isUnified ? unified(in: folder) : older(in: folder) { return group }
            }
        }
        return nil
    }

    private static func unified(in folder: String) -> Group? {
        guard let limit = number(in: folder + "/memory.max"),
            let used = number(in: folder + "/memory.current")
        else { return nil }
        return Group(
            limit: limit, used: used,
            cached: field("inactive_file", in: folder + "/memory.stat") ?? 0)
    }

    /// As Linux has it since 2.6.25 (Documentation/admin-guide/cgroup-v1/memory.rst).
    private static func older(in folder: String) -> Group? {
        guard let limit = field("hierarchical_memory_limit", in: folder + "/memory.stat"),
            let used = number(in: folder + "/memory.usage_in_bytes")
        else { return nil }
        return Group(
            limit: limit, used: used,
            cached: field("total_inactive_file", in: folder + "/memory.stat") ?? 0)
    }

    private static func field(_ name: String, in path: String) -> Int? {
        for line in text(of: path)?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
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
