// Which folders have the limits of a process's control groups, by what the system says of the
// process (/proc/self/cgroup) and of what is mounted (/proc/self/mountinfo): cgroups(7). Both
// editions, wherever they are mounted. A limit of any group above counts as well as its own.

/// The control groups of a process.
package struct ControlGroups: Equatable, Sendable {
    /// One group.
    package struct Folder: Equatable, Sendable {
        package var path: String
        /// Of the second edition, whose files have other names.
        package var isUnified: Bool

        package init(_ path: String, isUnified: Bool) {
            self.path = path
            self.isUnified = isUnified
        }
    }

    private struct Mount: Equatable, Sendable {
        var root: String
        var place: String
        var isUnified: Bool
        var controllers: Set<Substring>
    }

    private struct Membership: Equatable, Sendable {
        var controllers: Set<Substring>
        var path: String
        var isUnified: Bool { controllers.isEmpty }
    }

    private var mounts: [Mount]
    private var memberships: [Membership]

    /// - Parameters:
    ///   - memberships: the text of /proc/self/cgroup.
    ///   - mounts: the text of /proc/self/mountinfo.
    package init(memberships: String, mounts: String) {
        self.memberships = memberships.pieces(at: "\n").compactMap { line in
            let fields = line.pieces(at: ":", maxSplits: 2, omittingEmpty: false)
            guard fields.count == 3, fields[2].hasPrefix("/") else { return nil }
            return Membership(
                controllers: Set(fields[1].pieces(at: ",")), path: String(fields[2]))
        }
        self.mounts = mounts.pieces(at: "\n").compactMap(Self.mount)
    }

    /// The folders of a controller's groups, the innermost first, up to where they are mounted.
    package func folders(of controller: String) -> [Folder] {
        memberships.flatMap { membership -> [Folder] in
            guard membership.isUnified || membership.controllers.contains(controller[...]) else {
                return []
            }
            let candidates = mounts.filter {
                $0.isUnified == membership.isUnified
                    && ($0.isUnified || $0.controllers.contains(controller[...]))
            }
            let inside = candidates.first { Self.path(membership.path, below: $0.root) != nil }
            guard let mount = inside ?? candidates.first else { return [] }
            // A container that sees the folder of a group from outside of its own has its limits
            // where the hierarchy begins.
            var rest = Self.path(membership.path, below: mount.root) ?? ""
            var folders: [Folder] = []
            while true {
                folders.append(Folder(mount.place + rest, isUnified: mount.isUnified))
                guard let slash = rest.lastIndex(of: "/") else { return folders }
                rest = String(rest[..<slash])
            }
        }
    }

    /// What comes behind `root`, with its slash, or nothing; nil: the path lies elsewhere.
    private static func path(_ path: String, below root: String) -> String? {
        if path.split(separator: "/").contains("..") { return nil }
        let base = root == "/" ? "" : root
        guard path == root || path.hasPrefix(base + "/") else { return nil }
        let rest = String(path.dropFirst(base.count))
        return rest == "/" ? "" : rest
    }

    /// `36 35 98:0 /root /place options [optional fields] - type source superoptions`
    private static func mount(_ line: Substring) -> Mount? {
        let fields = line.pieces(at: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else {
            return nil
        }
        let type = fields[dash + 1]
        guard type == "cgroup" || type == "cgroup2" else { return nil }
        let place = unescaped(fields[4])
        return Mount(
            root: unescaped(fields[3]), place: place == "/" ? "" : place,
            isUnified: type == "cgroup2", controllers: Set(fields[dash + 3].pieces(at: ",")))
    }

    /// Blanks, tabs, line feeds and backslashes stand there as `\040`.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
