// What a host has now: processes, files, shared memory; read from outside, so that looking leaves
// nothing on the host.

import Glibc

/// A process of a host.
package struct HostProcess: Sendable {
    /// Its id on this machine, for signals from the test.
    package let pid: Int32
    /// Its command line, the arguments separated by spaces.
    package let command: String
    /// Its user's id.
    package let user: Int
}

extension LabHost {
    /// Its processes, without those of the SSH server and of tests' `run`, and without zombies.
    package func processes() -> [HostProcess] {
        guard let own = target(of: "/proc/\(firstProcess)/ns/pid") else { return [] }
        return entries(of: "/proc").compactMap { Int32($0) }.sorted().compactMap { pid in
            guard pid != firstProcess, target(of: "/proc/\(pid)/ns/pid") == own else { return nil }
            let command = contents(of: "/proc/\(pid)/cmdline")
                .split(separator: "\0").joined(separator: " ")
            // A zombie has no command line.
            guard !command.isEmpty, !command.hasPrefix("sshd: ") else { return nil }
            guard !command.hasPrefix("/usr/sbin/sshd ") else { return nil }
            var status = stat()
            guard unsafe lstat("/proc/\(pid)", &status) == 0 else { return nil }
            return HostProcess(pid: pid, command: command, user: Int(status.st_uid))
        }
    }

    /// Paths of all that is under a folder of the host, files, links and folders, sorted.
    ///
    /// The path is the host's; nothing if it has no such folder.
    package func files(under path: String) -> [String] {
        var found: [String] = []
        var folders = [path]
        while let folder = folders.popLast() {
            for name in entries(of: root + folder) {
                let entry = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
                found.append(entry)
                var status = stat()
                guard unsafe lstat(root + entry, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR { folders.append(entry) }
            }
        }
        return found.sorted()
    }

    /// What a file of the host says; empty if there is none.
    package func text(of path: String) -> String {
        contents(of: root + path)
    }

    /// Names in its /dev/shm.
    package func sharedMemory() -> [String] {
        files(under: "/dev/shm")
    }

    /// What its SSH server has said.
    package var serverLog: String {
        contents(of: "\(lab.folder)/\(name).log")
    }

    /// Its root folder, as this machine sees it.
    package var root: String { "/proc/\(firstProcess)/root" }
}

/// The names in a folder.
func entries(of folder: String) -> [String] {
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// What a symbolic link says.
private func target(of path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
}

/// What a file says, read to its end.
func contents(of path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes {
            unsafe read(file, $0.baseAddress, $0.count)
        }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk.prefix(count)
    }
}
