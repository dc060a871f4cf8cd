// Libraries that a program is linked with and that stay behind where nothing that travels uses
// them. No others do: one that somebody links may be there for what it does when it is loaded.

/// Which libraries may stay behind.
enum OmissibleLibraries {
    /// Libraries of Swift's that the compiler has every program linked with, those that use another
    /// first. They stay behind where no loaded image has a symbol of theirs.
    static let unused = ["libswift_StringProcessing.so", "libswift_RegexParser.so"]

    /// What libzmq is linked with for Kerberos and for a multicast transport, neither of which is
    /// ever asked of it: it calls them for a socket that is set to the one, or for an address that
    /// names the other. Where anything else needs one of them, the program included, it travels.
    static let uncalled = [
        LibraryNeeds.Need(of: "libzmq.so.5", library: "libgssapi_krb5.so.2"),
        LibraryNeeds.Need(of: "libzmq.so.5", library: "libnorm.so.1"),
    ]

    /// What libzmq is linked with for one function, which programs have themselves (swoop_copy.h).
    /// It stays behind where the loader finds theirs.
    static let replaced = LibraryNeeds.Need(of: "libzmq.so.5", library: "libbsd.so.0")

    /// The changes of a file that travels with the files of these names; nil where it cannot go
    /// without what they lack.
    static func edits<E: Error>(
        among names: Set<String>,
        _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) -> [ELFEdit]? {
        try ELFEdits.leavingOut(
            { (unused.contains($0) || isSpared($0)) && !names.contains($0) },
            hasSymbols: isSpared, read)
    }

    private static func isSpared(_ library: String) -> Bool {
        replaced.library == library || uncalled.contains { $0.library == library }
    }
}
