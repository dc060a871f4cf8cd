// What the system does not give this process any more, in words that say how to get it. libzmq ends
// the process where it lacks a descriptor or a thread, so whether they can be had is tried first.

import CSwoopSystem
import Glibc

/// Something that was about to be needed and cannot be had.
package enum Shortage: Equatable, Sendable {
    /// Descriptors; the limit is this process's, or the machine's where `code` says so (ENFILE).
    case openFiles(needed: Int, had: Int, limit: Int?, code: Int32)
    /// Threads, and processes, which the system counts as threads.
    case threads(needed: Int, had: Int, limit: Int?, code: Int32)
    /// Addresses, or private memory.
    case memory(bytes: Int, spaceLimit: Int?, dataLimit: Int?, code: Int32)
    /// Bytes of a file; memory that processes share is one.
    case fileBytes(bytes: Int, limit: Int)
    /// /proc is not mounted.
    case processFolder

    /// What a start is about to need.
    package struct Needs: Sendable {
        package var openFiles = 0
        /// Threads, those of other processes of its user included.
        package var threads = 0
        /// Bytes of the largest file, or piece of memory that processes share.
        package var fileBytes = 0
        /// Bytes that this process shares with others.
        package var sharedBytes = 0
        /// Bytes of its own, beside stacks.
        package var ownBytes = 0
        /// Threads of this process.
        package var stacks = 0

        package init() {}
    }

    /// Tries what is about to be needed, for real: what can be had now is known afterwards.
    package static func check(_ needs: Needs) throws(TransportError) {
        swoop_hold_standard_streams()
        // A listener of libzmq's ends the process where it gets no descriptor for a connection.
        swoop_raise_file_limit()
        if unsafe access("/proc/self/exe", F_OK) != 0 { throw .shortage(.processFolder) }
        swoop_spare_addresses()
        var had: Int32 = 0
        var code = unsafe -swoop_try_descriptors(Int32(needs.openFiles), &had)
        guard code == 0 else {
            throw .shortage(
                .openFiles(
                    needed: needs.openFiles, had: Int(had),
                    limit: ProcessAllowance.limit(.openFiles), code: code))
        }
        if let limit = ProcessAllowance.limit(.fileBytes), limit < needs.fileBytes {
            throw .shortage(.fileBytes(bytes: needs.fileBytes, limit: limit))
        }
        let own = needs.ownBytes + needs.stacks * Int(clamping: swoop_stack_bytes())
        code = -swoop_try_memory(UInt64(needs.sharedBytes), UInt64(own))
        guard code == 0 else {
            throw .shortage(
                .memory(
                    bytes: needs.sharedBytes + own,
                    spaceLimit: ProcessAllowance.limit(.addressSpace),
                    dataLimit: ProcessAllowance.limit(.data), code: code))
        }
        code = unsafe -swoop_try_threads(Int32(needs.threads), &had)
        guard code == 0 else {
            throw .shortage(
                .threads(
                    needed: needs.threads, had: Int(had),
                    limit: ProcessAllowance.limit(.processes), code: code))
        }
    }
}

extension Shortage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .openFiles(let needed, let had, _, ENFILE):
            "the machine may have no more files open (\(needed) are needed, \(had) left): raise "
                + "fs.file-max (`sysctl`), or end what holds so many"
        case .openFiles(let needed, let had, let limit, _):
            "this process may have \(limit.map(String.init) ?? "no more") files open at a time, and "
                + "of the \(needed) that are needed now \(had) are left: raise the limit "
                + "(`ulimit -n 1024`; nofile in limits.conf, LimitNOFILE of a service)"
        case .threads(let needed, let had, let limit, _):
            "no more processes and threads may be started (\(needed) are needed, \(had) left): "
                + "raise what this user may have (`ulimit -u`"
                + (limit.map { ", now \($0)" } ?? "")
                + "; nproc in limits.conf), or its control group (pids.max, TasksMax of a service)"
        case .memory(let bytes, let space?, nil, _):
            "this process may have \(space >> 20) MiB of addresses, and \(bytes >> 20) MiB are "
                + "needed that are not left: raise the limit (`ulimit -v unlimited`), or name a "
                + "smaller page budget"
        case .memory(let bytes, nil, let data?, _):
            "this process may have \(data >> 20) MiB of data, and \(bytes >> 20) MiB are "
                + "needed that are not left: raise the limit (`ulimit -d unlimited`)"
        case .memory(let bytes, let space?, let data?, _):
            "this process may have \(space >> 20) MiB of addresses and \(data >> 20) MiB of data, "
                + "and \(bytes >> 20) MiB are needed that are not left: raise the limits "
                + "(`ulimit -v unlimited`, `ulimit -d unlimited`)"
        case .memory(let bytes, nil, nil, let code):
            "the machine has no \(bytes >> 20) MiB of memory left: \(SystemWords.of(code))"
        case .fileBytes(let bytes, let limit):
            "a file of this process may have \(limit >> 10) KiB, and the memory that processes "
                + "share counts as one of \(bytes >> 10) KiB: raise the limit "
                + "(`ulimit -f unlimited`)"
        case .processFolder:
            "/proc is not mounted, and Swift programs need it: mount -t proc proc /proc"
        }
    }
}

/// The system's words for what it refused.
package enum SystemWords {
    /// Its words for an errno, and what to do where that is a limit.
    package static func of(_ code: Int32) -> String {
        let words = unsafe String(cString: strerror(code))
        return advice(code).map { "\(words) (\($0))" } ?? words
    }

    private static func advice(_ code: Int32) -> String? {
        switch code {
        case EMFILE: "raise the limit of open files: `ulimit -n 1024`"
        case ENFILE: "raise the machine's limit of open files: fs.file-max"
        case EAGAIN: "raise the limit of processes: `ulimit -u`, or pids.max of the control group"
        case ENOMEM: "see `ulimit -v`, `ulimit -d` and the memory of the control group"
        case EFBIG: "raise the limit of a file's size: `ulimit -f unlimited`"
        default: nil
        }
    }
}
