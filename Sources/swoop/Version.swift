// The version of Swoop, and what `swoop --version` says.

import SwoopWire

/// Which Swoop this is.
enum Version {
    /// By semantic versioning: below 1.0 a new minor version may change what programs write.
    static let number = "0.1.0"

    /// The version, the commit, and the version of the protocol that nodes and clients must share.
    static let text = "swoop \(number) (commit \(builtCommit), protocol \(wireVersion))"
}
