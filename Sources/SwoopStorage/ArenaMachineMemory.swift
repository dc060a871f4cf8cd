// How much memory the machine could still give. The kernel does not refuse memory for a memory
// descriptor when there is none: it kills processes instead, and not the one that asked. So the
// arena asks here first.

import Glibc
import SwoopModel
import SwoopTransport

/// Memory of this machine, or of the control groups that this process is confined to.
package enum MachineMemory {
    /// Bytes that could be taken now without swapping; nil where the system does not tell.
    package static func availableBytes() -> Int? {
        (groups().map(\.availableBytes) + [meminfo("MemAvailable:")].compactMap { $0 }).min()
    }

    /// Bytes in all; nil where the system does not tell.
    package static func totalBytes() -> Int? {
        (groups().map(\.limit) + [meminfo("MemTotal:")].compactMap { $0 }).min()
    }

    /// Bytes that pages may take unless somebody says otherwise: what this process may have, and
    /// what those will that it starts.
    package static func pageBudget() -> Int {
        let used = ProcessAllowance.usedBytes()
        func left(_ limit: ProcessAllowance.Limit, _ used: Int) -> Int? {
            ProcessAllowance.limit(limit).map { max(0, $0 - used) }
        }
        return PageAllowance(
            memoryBytes: totalBytes() ?? 2 << 30, spaceLeft: left(.addressSpace, used.space),
            dataLeft: left(.data, used.data), fileBytes: ProcessAllowance.limit(.fileBytes)
        ).budget
    }

    /// What pages get where somebody asked for so many bytes.
    ///
    /// As many as there is memory in all are too many: the kernel would kill a process for them.
    package static func granted(_ wanted: Int) -> Int {
        guard let total = totalBytes(), wanted > total else { return wanted }
        return min(wanted, pageBudget())
    }

    /// What to say of a budget that is not granted; nil: it is.
    package static func trouble(ofBudget wanted: Int) -> String? {
        let granted = granted(wanted)
        guard granted < wanted, let total = totalBytes() else { return nil }
        return "\(wanted >> 20) MiB for pages were asked for, and the limit of memory here is "
            + "\(total >> 20) MiB (of the control group, or of the machine): pages get "
            + "\(granted >> 20) MiB. Ask for less, or raise the limit"
    }

    private static func meminfo(_ field: String) -> Int? {
        guard let text = ProcessAllowance.text(of: "/proc/meminfo") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(field) {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kibibytes = Int(words[1]) else { return nil }
            return kibibytes << 10
        }
        return nil
    }

    private static func groups() -> [GroupMemory] { limited.compactMap(memory(of:)) }

    /// The groups of this process that have a limit, its own and those above.
    ///
    /// Looked for once, since the arena asks for each piece of memory.
    private static let limited = ProcessAllowance.groups(of: "memory").filter {
        memory(of: $0) != nil
    }

    private static func memory(of folder: ControlGroups.Folder) -> GroupMemory? {
        func text(_ name: String) -> String? {
            ProcessAllowance.text(of: "\(folder.path)/memory.\(name)")
        }
        return folder.isUnified
            ? GroupMemory(
                unified: text("max"), high: text("high"), used: text("current"),
                statistics: text("stat"))
            : GroupMemory(
                first: text("limit_in_bytes"), used: text("usage_in_bytes"),
                statistics: text("stat"))
    }
}
