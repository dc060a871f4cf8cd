// Programs as they travel: a bundle of files, named by what is in them.

/// Names one build of one program: the hash of its bundle's manifest, in hexadecimal.
///
/// A cluster that never leaves its machine names its program by the executable's place instead;
/// such a name never travels. Empty: none (a viewer's).
package struct ProgramID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    /// No program.
    package static let none = ProgramID("")

    package static func < (left: ProgramID, right: ProgramID) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The first twelve characters: enough for people.
    package var description: String { String(rawValue.prefix(12)) }
}

/// One file of a bundle.
package struct ProgramFile: Equatable, Sendable {
    /// The name by which the loader looks for it; `program` and `loader` for those two.
    package var name: String
    /// SHA-256 of the bytes that travel, in hexadecimal.
    package var digest: String
    /// Bytes that travel.
    package var byteCount: Int64

    package init(name: String, digest: String, byteCount: Int64) {
        self.name = name
        self.digest = digest
        self.byteCount = byteCount
    }
}

/// Everything a program needs on a machine that has nothing of it.
package struct ProgramManifest: Equatable, Sendable {
    package var id: ProgramID
    /// What a person calls it: the executable's file name.
    package var name: String
    /// As `uname -m` says it: `x86_64`.
    package var architecture: String
    /// In the order of their names.
    package var files: [ProgramFile]

    package init(id: ProgramID, name: String, architecture: String, files: [ProgramFile]) {
        self.id = id
        self.name = name
        self.architecture = architecture
        self.files = files
    }

    /// Bytes of all files.
    package var byteCount: Int64 { files.reduce(0) { $0 + $1.byteCount } }
}

/// Where other nodes fetch pages of a node.
package struct PageService: Equatable, Sendable {
    /// What to connect to, such as `tcp://10.0.0.7:40001`; several where it has several addresses,
    /// none where nobody can reach it.
    package var endpoints: [String]
    /// The public key that it proves, and that it has as a peer of others.
    package var publicKey: String

    package init(endpoints: [String], publicKey: String) {
        self.endpoints = endpoints
        self.publicKey = publicKey
    }
}

/// A node as the other nodes know it.
package struct PeerAddress: Equatable, Sendable {
    package var node: NodeID
    package var pages: PageService

    package init(node: NodeID, pages: PageService) {
        self.node = node
        self.pages = pages
    }
}
