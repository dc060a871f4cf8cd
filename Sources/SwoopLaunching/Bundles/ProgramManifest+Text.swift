// A manifest as the text that names the program, and what a manifest must be before anyone acts on
// it: its names become paths.

package import SwoopModel

extension ProgramManifest {
    /// The name of the executable in every bundle.
    package static let programName = "program"
    /// The name of the loader, in a bundle that has one.
    package static let loaderName = "loader"

    /// A manifest of these files, put in order and named by the hash of its text.
    package init(name: String, architecture: String, files: [ProgramFile]) {
        let files = files.ordered { $0.name < $1.name }
        self.init(
            id: ProgramID(ContentDigest.of(ProgramManifest.text(of: files))), name: name,
            architecture: architecture, files: files)
    }

    /// A manifest that somebody sent: refused with a sentence unless every part of it can be
    /// trusted to be what it says.
    package init(
        checking text: String, id: ProgramID, name: String, architecture: String
    ) throws(BundleError) {
        var files: [ProgramFile] = []
        for line in text.pieces(at: "\n") {
            let parts = line.pieces(at: " ", omittingEmpty: false)
            guard parts.count == 3, let byteCount = Int64(parts[2]) else {
                throw .refusedManifest("\"\(line.prefix(80))\" is no line of a manifest")
            }
            files.append(
                ProgramFile(
                    name: String(parts[0]), digest: String(parts[1]), byteCount: byteCount))
        }
        self.init(id: id, name: name, architecture: architecture, files: files)
        try check()
        guard self.text == text else {
            throw .refusedManifest("its text is not written as manifests are")
        }
    }

    /// The text whose hash is the program's id: a line `name digest size` for each file, in order.
    ///
    /// It is the file `.manifest` of the program's folder.
    package var text: String { ProgramManifest.text(of: files) }

    /// Whether the program is started by a loader of its own.
    package var hasLoader: Bool { files.contains { $0.name == ProgramManifest.loaderName } }

    /// The digests without repetition, in the order of the files.
    package var digests: [String] {
        var seen: Set<String> = []
        return files.map(\.digest).filter { seen.insert($0).inserted }
    }

    /// Throws a sentence unless names can be names of files in one folder, digests are digests,
    /// sizes are possible, nothing is there twice and the id is the hash of it all.
    package func check() throws(BundleError) {
        if let fault = fault { throw .refusedManifest(fault) }
    }

    private static func text(of files: [ProgramFile]) -> String {
        files.map { "\($0.name) \($0.digest) \($0.byteCount)\n" }.joined()
    }

    private var fault: String? {
        guard (1...filesMax).contains(files.count) else {
            return "it names \(files.count) files; 1 to \(filesMax) are possible"
        }
        guard isDisplayable(name) else { return "the program's name is none that can be shown" }
        guard isPlain(architecture), architecture.utf8.count <= 32 else {
            return "\"\(architecture.prefix(32))\" is no architecture"
        }
        var total: Int64 = 0
        var sizes: [String: Int64] = [:]
        for (index, file) in files.enumerated() {
            guard isPlain(file.name) else {
                return "\"\(file.name.prefix(80))\" cannot be the name of a file in a bundle"
            }
            if index > 0, !(files[index - 1].name < file.name) {
                return files[index - 1].name == file.name
                    ? "it names \(file.name) twice" : "its files are not in order"
            }
            guard ContentDigest.isDigest(file.digest) else {
                return "the digest of \(file.name) is none"
            }
            guard (1...fileBytesMax).contains(file.byteCount) else {
                return "the size of \(file.name), \(file.byteCount) bytes, is not possible"
            }
            guard
                sizes.updateValue(file.byteCount, forKey: file.digest) ?? file.byteCount
                    == file.byteCount
            else { return "the digest of \(file.name) comes with two sizes" }
            total += file.byteCount
        }
        guard total <= bundleBytesMax else { return "it is \(total) bytes in all: too large" }
        guard files.contains(where: { $0.name == ProgramManifest.programName }) else {
            return "it has no file \"\(ProgramManifest.programName)\""
        }
        guard id.rawValue == ContentDigest.of(text) else {
            return "its content is not what its name, \(id), says"
        }
        return nil
    }
}

extension ProgramFile {
    /// A file of a bundle that has these bytes.
    package init(describing bytes: [UInt8], name: String) {
        var digest = ContentDigest()
        digest.add(bytes)
        self.init(name: name, digest: digest.finish(), byteCount: Int64(bytes.count))
    }
}

/// Files of one bundle: a program has some dozens.
private let filesMax = 1_024
/// What a tar header can say of a file.
private let fileBytesMax: Int64 = (8 << 30) - 1
private let bundleBytesMax: Int64 = 32 << 30

/// Letters, digits and `._+-@~:`, not beginning with a dot or a dash: safe as the name of a file
/// and as a word of a shell; what begins with a dot is the cache's own.
private func isPlain(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...200).contains(bytes.count), bytes[0] != UInt8(ascii: "."),
        bytes[0] != UInt8(ascii: "-"), bytes[0] != UInt8(ascii: "~")
    else { return false }
    let others = Array("._+-@~:".utf8)
    return bytes.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || others.contains(byte)
    }
}

private func isDisplayable(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count)
        && name.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7f && !(0x80...0x9f).contains($0.value) && $0 != "/"
        }
}
