// What is read of executables and libraries, in one call: for those who try its readers with any
// bytes.

/// A file that may be an executable or a library.
package enum ExecutableImage {
    /// Reads any bytes as such a file and asks what is asked of one that travels: how much of it
    /// goes, what is changed, and how it looks then.
    package static func read(_ file: [UInt8]) {
        func part(_ offset: Int64, _ count: Int) -> [UInt8] {
            guard offset >= 0, offset < Int64(file.count), count > 0 else { return [] }
            return Array(file[Int(offset)...].prefix(count))
        }
        let header = part(0, ELFExtent.headerBytes)
        if let table = ELFExtent.programHeaders(in: header) {
            let entries = part(table.offset, table.count * ELFExtent.entryBytes)
            let count = ELFExtent.byteCount(
                programHeaders: entries, at: table.offset, fileBytes: Int64(file.count))
            precondition(count <= file.count, "more of a file travels than it has")
        }
        if ELFExtent.isPatched(header) {
            var patched = file
            ELFExtent.patch(&patched, from: 0)
            precondition(patched.count == file.count, "a patched file has another length")
        }
        _ = ELFEdits.leavingOut({ $0.hasPrefix("lib") }, hasSymbols: { $0.hasSuffix(".2") }, part)
        _ = OmissibleLibraries.edits(among: [], part)
    }
}
