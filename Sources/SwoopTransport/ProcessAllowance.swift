// What the system says of the limits of this process. How they add up is decided in SwoopModel.

import CSwoopSystem
import Glibc
package import SwoopModel

/// What this process may use of its machine.
package enum ProcessAllowance {
    /// A limit of the process; nil: there is none.
    package enum Limit: Sendable {
        case openFiles
        case processes
        case addressSpace
        case data
        case fileBytes
    }

    /// What limits it.
    package static func limit(_ limit: Limit) -> Int? {
        let kind =
            switch limit {
            case .openFiles: SWOOP_LIMIT_FILES
            case .processes: SWOOP_LIMIT_PROCESSES
            case .addressSpace: SWOOP_LIMIT_SPACE
            case .data: SWOOP_LIMIT_DATA
            case .fileBytes: SWOOP_LIMIT_FILE_SIZE
            }
        let value = swoop_limit(Int32(kind))
        return value == .max ? nil : Int(clamping: value)
    }

    /// Cores that it may use now: by affinity, CPU sets, quotas of control groups, and what a batch
    /// system gave it.
    package static func cores() -> Int {
        var name = [CChar](repeating: 0, count: 256)
        _ = unsafe gethostname(&name, name.count - 1)
        let host = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return CoreAllowance(
            affinity: Int(swoop_usable_cores()), quotas: quotas(),
            batch: BatchJob.cores(host: host, variable)
        ).cores
    }

    /// The groups of this process that limit a resource, its own first.
    package static func groups(of controller: String) -> [ControlGroups.Folder] {
        ControlGroups(
            memberships: text(of: "/proc/self/cgroup") ?? "", mounts: mounts
        ).folders(of: controller)
    }

    /// Bytes of addresses, and of private memory, that are taken.
    package static func usedBytes() -> (space: Int, data: Int) {
        let pages = (text(of: "/proc/self/statm") ?? "").split(separator: " ").map { Int($0) ?? 0 }
        let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
        return (
            space: pages.count > 0 ? pages[0] * pageBytes : 0,
            data: pages.count > 5 ? pages[5] * pageBytes : 0
        )
    }

    /// A small file of the system's; nil: it cannot be read.
    package static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 4 << 20 {
            let count = unsafe read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What is mounted does not change while a program runs, as far as control groups go.
    private static let mounts = text(of: "/proc/self/mountinfo") ?? ""

    private static func quotas() -> [Double] {
        groups(of: "cpu").compactMap { folder in
            if folder.isUnified {
                return text(of: folder.path + "/cpu.max").flatMap(CoreAllowance.quota(unified:))
            }
            guard let quota = text(of: folder.path + "/cpu.cfs_quota_us"),
                let period = text(of: folder.path + "/cpu.cfs_period_us")
            else { return nil }
            return CoreAllowance.quota(quota, of: period)
        }
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
