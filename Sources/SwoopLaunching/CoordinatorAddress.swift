// Where a coordinator of this user listens and how to prove that one may talk to it: one file each
// in the runtime folder, readable by the user alone. Whoever finds that its process has ended
// removes it. Where that cannot be told, since the process is of another namespace (a container
// that shares the folder), the file stays.

import CSwoopSystem
import Glibc
import SwoopModel
package import SwoopTransport

/// A running coordinator, as its clients find it.
package struct CoordinatorAddress: Sendable, Equatable {
    /// Who keeps a coordinator, and so what it is for.
    package enum Holder: String, Sendable {
        /// A program, for itself: it ends with the program's scope.
        case program
        /// A process that holds a cluster of this machine for others.
        case machine
        /// `swoop up`: a cluster of hosts, ended by `swoop down`.
        case hosts
    }

    /// The cluster's name: letters, digits, `-` and `_`.
    package let cluster: String
    /// What to connect to, such as `tcp://127.0.0.1:40001`.
    package let endpoint: String
    /// The coordinator's public key.
    package let serverKey: String
    /// The secret key that a client of this user proves; the coordinator permits its public half.
    package let clientSecretKey: Secret
    /// Who keeps it.
    package let holder: Holder
    /// The build that the coordinator itself is (`ProgramIdentity`): a client of the same build
    /// need not offer its program.
    package let program: String
    /// The coordinator's process.
    package let process: ProcessIdentity

    package init(
        cluster: String, endpoint: String, serverKey: String, clientSecretKey: Secret,
        holder: Holder = .program, program: String = "",
        process: ProcessIdentity = .current()
    ) {
        self.cluster = cluster
        self.endpoint = endpoint
        self.serverKey = serverKey
        self.clientSecretKey = clientSecretKey
        self.holder = holder
        self.program = program
        self.process = process
    }

    /// What people are told of one whose process is foreign.
    package static let elsewhere =
        "brought up elsewhere (in a container, on another machine, or before this one started anew)"

    private static let suffix = ".address"

    private var lines: [(String, String)] {
        [
            ("cluster", cluster), ("endpoint", endpoint), ("server-key", serverKey),
            ("holder", holder.rawValue),
            ("program", program), ("pid", String(process.pid)),
            ("start-ticks", String(process.startTicks)), ("boot-id", process.bootID),
            ("namespace", process.namespace), ("machine", process.machine),
        ]
    }

    private init?(text: String, clientKey: Secret) {
        var values: [Substring: String] = [:]
        for line in text.pieces(at: "\n") {
            guard let (key, value) = line.halves(at: "=") else { return nil }
            values[key] = String(value)
        }
        guard let cluster = values["cluster"], let endpoint = values["endpoint"],
            let serverKey = values["server-key"],
            let holder = values["holder"].flatMap({ Holder(rawValue: $0) }),
            let program = values["program"],
            let pid = values["pid"].flatMap({ Int32($0) }),
            let ticks = values["start-ticks"].flatMap({ UInt64($0) }), let boot = values["boot-id"]
        else { return nil }
        self.init(
            cluster: cluster, endpoint: endpoint, serverKey: serverKey, clientSecretKey: clientKey,
            holder: holder, program: program,
            process: ProcessIdentity(
                pid: pid, startTicks: ticks, bootID: boot, namespace: values["namespace"] ?? "",
                machine: values["machine"] ?? ""))
    }
}

extension RuntimeFolder {
    /// Tells this user's other processes of a coordinator.
    ///
    /// A reader sees the whole file or none. It goes with this process, also when a signal ends
    /// that.
    ///
    /// - Throws: `LaunchError.clusterRuns` where another process has published that name, and may
    ///   still run.
    package func publish(_ address: CoordinatorAddress) throws(LaunchError) {
        let path = try file(for: address.cluster)
        try withLock { () throws(LaunchError) in
            if let other = content(of: path), other.process != address.process,
                !other.process.hasEnded
            {
                throw .clusterRuns(address.cluster, pid: other.process.pid, file: path)
            }
            try place(address, at: path)
        }
    }

    private func place(_ address: CoordinatorAddress, at final: String) throws(LaunchError) {
        let temporary = "\(final).\(getpid())"
        _ = unsafe unlink(temporary)
        let descriptor = unsafe open(
            temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .closedFolder(path: path, code: errno) }
        defer { _ = close(descriptor) }
        var bytes = address.fileBytes
        defer { bytes.wipe() }
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count,
            unsafe rename(temporary, final) == 0
        else {
            let code = errno
            _ = unsafe unlink(temporary)
            throw .closedFolder(path: path, code: code)
        }
        // Where it cannot be promised, whoever looks for coordinators removes it.
        _ = unsafe swoop_leave_no_file(final)
    }

    /// The coordinator of a cluster, or nil: it runs, or is foreign and may.
    ///
    /// A file whose process has ended is removed.
    package func coordinator(of cluster: String) throws(LaunchError) -> CoordinatorAddress? {
        read(try file(for: cluster))
    }

    /// All coordinators of this user that run or may, by name.
    package func coordinators() throws(LaunchError) -> [CoordinatorAddress] {
        guard let folder = unsafe opendir(path) else {
            throw .systemCall("opendir(\(path))", code: errno)
        }
        defer { unsafe closedir(folder) }
        var found: [CoordinatorAddress] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(CoordinatorAddress.fileSuffix), let address = read("\(path)/\(name)")
            {
                found.append(address)
            }
        }
        return found.ordered { $0.cluster < $1.cluster }
    }

    /// Takes an address back, if the file is still this one's.
    package func withdraw(_ address: CoordinatorAddress) throws(LaunchError) {
        let path = try file(for: address.cluster)
        try withLock { () throws(LaunchError) in
            if content(of: path) == address { _ = unsafe unlink(path) }
        }
        unsafe swoop_keep_file(path)
    }

    /// Where a person finds the address of a cluster.
    package func path(of address: CoordinatorAddress) -> String {
        (try? file(for: address.cluster)) ?? path
    }

    private func read(_ path: String) -> CoordinatorAddress? {
        guard let address = content(of: path) else { return nil }
        guard address.process.hasEnded else { return address }
        // Another may have published there meanwhile: looked at again where nobody can.
        try? withLock { () throws(LaunchError) in
            guard let address = content(of: path), address.process.hasEnded else { return }
            SocketFile.remove(endpoint: address.endpoint, in: self)
            _ = unsafe unlink(path)
        }
        return nil
    }

    private func content(of path: String) -> CoordinatorAddress? {
        guard var bytes = smallFile(path), let found = CoordinatorAddress(fileBytes: &bytes),
            // A copy under another name is no second cluster.
            path.hasSuffix("/\(found.cluster)\(CoordinatorAddress.fileSuffix)")
        else { return nil }
        return found
    }

    private func file(for cluster: String) throws(LaunchError) -> String {
        let isUsable = cluster.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        guard isUsable, (1...64).contains(cluster.utf8.count) else { throw .unusableName(cluster) }
        return "\(path)/\(cluster)\(CoordinatorAddress.fileSuffix)"
    }
}

extension CoordinatorAddress {
    fileprivate static var fileSuffix: String { suffix }

    private static let secretLine = "client-secret-key"

    /// The address as its file holds it; the key is in it, so it is wiped after use.
    package var fileBytes: [UInt8] {
        let rest = lines.map { "\($0.0)=\($0.1)\n" }.joined().utf8
        var bytes = Array("\(Self.secretLine)=".utf8)
        // At once, so that no copy is left behind where the array grows.
        bytes.reserveCapacity(bytes.count + clientSecretKey.count + 1 + rest.count)
        bytes.append(clientSecretKey)
        bytes.append(10)
        bytes.append(contentsOf: rest)
        return bytes
    }

    /// What a file holds; nil: it is no address. The key is taken out of the bytes.
    package init?(fileBytes: inout [UInt8]) {
        guard let key = Secret.taken(ofLine: Self.secretLine, from: &fileBytes) else { return nil }
        self.init(text: String(decoding: fileBytes, as: UTF8.self), clientKey: key)
    }
}
