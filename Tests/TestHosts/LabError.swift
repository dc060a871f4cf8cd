// Why a test host could not be made or asked.

/// What went wrong with the test hosts themselves.
package enum LabError: Error, CustomStringConvertible {
    /// This machine, or this user, cannot make hosts.
    case unavailable(String)
    /// A tool failed.
    case failed(String, words: String)
    /// Something did not happen in time.
    case late(String, words: String)
    /// The lab has a host of this name.
    case nameTaken(String)
    /// A /24 has room for no more.
    case noAddressLeft

    package var description: String {
        switch self {
        case .unavailable(let reason): reason
        case .failed(let what, let words): "\(what) failed: \(words)"
        case .late(let what, let words): "\(what) took too long: \(words)"
        case .nameTaken(let name): "the lab has a host \(name) already"
        case .noAddressLeft: "the lab has given away all of its addresses"
        }
    }
}
