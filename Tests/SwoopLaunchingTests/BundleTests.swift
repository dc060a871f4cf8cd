// Bundles as they leave: a real program's manifest, its bytes, its archive; and manifests that
// nobody may act on.

import Glibc
import SwoopLaunching
import SwoopModel
import Testing

@Suite struct BundleTests {
    @Test func aFileTravelsWithoutWhatTheLoaderDoesNotMap() throws {
        let folder = try TestFolder()
        let placed = try placeProbe(folder)
        let program = "\(placed)/program"
        let original = try LaunchRequest.probe("").path
        var sizes: [Int] = []
        for path in [program, original] {
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            sizes.append(Int(status.st_size))
        }
        #expect(sizes[0] < sizes[1])
        let descriptor = unsafe open(program, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var header = [UInt8](repeating: 1, count: 64)
        #expect(unsafe pread(descriptor, &header, 64, 0) == 64)
        #expect(header[0x28..<0x30].allSatisfy { $0 == 0 })
        #expect(header[0x3c..<0x40].allSatisfy { $0 == 0 })
    }

    @Test func `libraries that nothing in a program uses, or only a client, stay behind`() throws {
        let folder = try TestFolder()
        let placed = try placeProbe(folder)
        let names = try run("/bin/ls", placed).output.split(separator: "\n").map(String.init)
        #expect(names.contains("libswiftCore.so") && names.contains("program"), "\(names)")
        for left in [
            "libswift_StringProcessing.so", "libswift_RegexParser.so", "libssh2.so.1",
            "libcrypto.so.3", "libsqlite3.so.0", "libyaml-0.so.2", "libgssapi_krb5.so.2",
            "libkrb5.so.3", "libnorm.so.1", "libbsd.so.0", "libmd.so.0",
        ] { #expect(!names.contains(left), "\(names)") }
    }

    @Test func aSecondProcessTakesTheDigestsFromTheFirstAndGarbageIsNoDigest() throws {
        let folder = try TestFolder()
        let first = try placeProbe(folder)
        let kept = try run("/bin/cat", "\(folder.path)/state/digests").output
        // What was built this very second is not kept, since a further change might not show.
        #expect(kept.split(separator: "\n").count > 10)
        _ = try folder.write("state/digests", Array((kept + "\u{0}garbage 1 2\nx\n").utf8))
        #expect(try placeProbe(folder) == first)
        // A wrong digest under the right identity is believed, so this shows that it is used ...
        let libc = try #require(
            kept.split(separator: "\n").first { $0.contains("/libc.so.6") })
        let wrong = String(repeating: "0", count: 64) + libc.dropFirst(64)
        _ = try folder.write(
            "state/digests", Array(kept.replacing(String(libc), with: wrong).utf8))
        #expect(
            try run(.probe("bundle-place", "\(folder.path)/cache", "\(folder.path)/state"))
                .status != .exited(0))
        // ... and under another size it is not.
        let parts = wrong.split(separator: " ", maxSplits: 7).map(String.init)
        let stale = (parts[0..<4] + ["\(Int(parts[4]).map { $0 + 1 } ?? 0)"] + parts[5...])
            .joined(separator: " ")
        _ = try folder.write(
            "state/digests", Array(kept.replacing(String(libc), with: stale).utf8))
        #expect(try placeProbe(folder) == first)
    }

    @Test func theArchiveIsWhatGzipAndTarTake() throws {
        let source = try TestFolder()
        let program = MadeUpProgram("archive")
        let bundle = try program.bundle(in: source)
        let archive = BundleArchive(of: bundle)
        var stream = try archive.stream(of: program.manifest.digests)
        var bytes: [UInt8] = []
        var progress: [Int64] = []
        while let chunk = try stream.next() {
            bytes += chunk
            progress.append(stream.bytesTaken)
        }
        #expect(progress == progress.sorted())
        #expect(stream.bytesTaken == program.manifest.byteCount)
        #expect(stream.byteCount == program.manifest.byteCount)
        let packed = try source.write("archive.tgz", bytes)
        var tools = ["gzip -dc %1 | tar -xf - -C %2"]
        if unsafe access("/bin/busybox", X_OK) == 0 {
            tools.append("busybox gzip -dc %1 | busybox tar -xf - -C %2")
        }
        for tool in tools {
            let target = try TestFolder()
            let line = tool.replacing("%1", with: packed).replacing("%2", with: target.path)
            let result = try run("/bin/sh", "-c", line)
            #expect(result.status == .exited(0) && result.error.isEmpty, "\(tool): \(result)")
            #expect(try listing(target.path) == program.manifest.digests.sorted())
            let sums = try run("/bin/sh", "-c", "cd \(target.path) && sha256sum *").output
            for line in sums.split(separator: "\n") {
                let parts = line.split(separator: " ")
                #expect(parts[0] == parts[1])
            }
            #expect(
                try run("/bin/sh", "-c", "find \(target.path) -type f -perm 755 | wc -l").output
                    == "3\n")
        }
        // A part of it, for another host, from what is compressed already.
        let one = try archive.stream(of: [program.manifest.digests[0]])
        #expect(one.byteCount == bundle.file(withDigest: program.manifest.digests[0])?.byteCount)
        #expect(throws: BundleError.unknownFile(digest: "nothing")) {
            try archive.stream(of: ["nothing"])
        }
    }

    @Test func aFileThatIsNotWhatTheManifestNamesIsNotRead() throws {
        let source = try TestFolder()
        let program = MadeUpProgram("changed", bytes: 100)
        let bundle = try program.bundle(in: source)
        _ = try source.write("program", Array("something else, and longer than it was".utf8))
        let file = try #require(program.manifest.files.last)
        #expect(throws: BundleError.self) { try bundle.read(file, offset: 0, count: 10) }
        let stranger = ProgramFile(describing: [1], name: "stranger")
        #expect(throws: BundleError.unknownFile(digest: stranger.digest)) {
            try bundle.read(stranger, offset: 0, count: 1)
        }
    }

    @Test func readsEndWhereTheFileEnds() throws {
        let source = try TestFolder()
        let program = MadeUpProgram("reads", bytes: 100)
        let bundle = try program.bundle(in: source)
        let file = try #require(program.manifest.files.last)
        let whole = program.contents["program"] ?? []
        #expect(try bundle.read(file, offset: 0, count: 1 << 20) == whole)
        #expect(try bundle.read(file, offset: 5, count: 7) == Array(whole[5..<12]))
        #expect(try bundle.read(file, offset: Int64(whole.count), count: 7).isEmpty)
        #expect(try bundle.read(file, offset: .max, count: .max).isEmpty)
        #expect(try bundle.read(file, offset: -1, count: 7).isEmpty)
    }

    @Test func piecesOfWrongSizeOrBytesAreNotRestored() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let member = Gzip.member(bytes)
        #expect(Gzip.bytes(of: member, byteCount: bytes.count) == bytes)
        #expect(Gzip.bytes(of: Gzip.member([]), byteCount: 0)?.isEmpty == true)
        #expect(Gzip.bytes(of: member, byteCount: bytes.count - 1) == nil)
        #expect(Gzip.bytes(of: member, byteCount: bytes.count + 1) == nil)
        #expect(Gzip.bytes(of: member, byteCount: -1) == nil)
        #expect(Gzip.bytes(of: member + [0], byteCount: bytes.count) == nil)
        #expect(Gzip.bytes(of: Array(member.dropLast()), byteCount: bytes.count) == nil)
        #expect(Gzip.bytes(of: [], byteCount: 0) == nil)
        for index in stride(from: 10, to: member.count, by: 17) {
            var flipped = member
            flipped[index] ^= 0x10
            let restored = Gzip.bytes(of: flipped, byteCount: bytes.count)
            #expect(restored == nil || restored == bytes)
        }
    }
}

@Suite struct ManifestTests {
    private static let digest = String(repeating: "a", count: 64)

    private static let hostile: [(text: String, says: String)] = [
        ("", "0 files"),
        ("program \(digest)\n", "no line of a manifest"),
        ("program \(digest) many\n", "no line of a manifest"),
        ("program \(digest) 99999999999999999999\n", "no line of a manifest"),
        ("../../etc/passwd \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        ("a/b \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        (".. \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        (".lock \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        (" \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        ("-rf \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        ("$(reboot) \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        ("a\u{0}b \(digest) 1\nprogram \(digest) 1\n", "cannot be the name"),
        ("\(String(repeating: "x", count: 201)) \(digest) 1\n", "cannot be the name"),
        ("program \(digest) 1\nprogram \(digest) 1\n", "names program twice"),
        ("program \(digest) 1\nloader \(digest) 1\n", "not in order"),
        ("program \(digest.uppercased()) 1\n", "digest of program"),
        ("program ../../../etc/passwd 1\n", "digest of program"),
        ("program \(digest.dropLast()) 1\n", "digest of program"),
        ("program \(digest) 0\n", "is not possible"),
        ("program \(digest) -5\n", "is not possible"),
        ("program \(digest) 9223372036854775807\n", "is not possible"),
        ("loader \(digest) 1\nprogram \(digest) 2\n", "two sizes"),
        ("loader \(digest) 1\n", "no file \"program\""),
        ("program \(digest) 1\n", "is not what its name"),
        (
            (0..<1_025).map { "f\(10_000 + $0) \(digest) 1\n" }.joined() + "program \(digest) 1\n",
            "1026 files"
        ),
    ]

    @Test(arguments: hostile.indices)
    func aManifestThatCannotBeTrustedIsRefusedWithASentence(index: Int) throws {
        let (text, says) = ManifestTests.hostile[index]
        let id = ProgramID(String(repeating: "b", count: 64))
        let error = try #require(throws: BundleError.self) {
            try ProgramManifest(checking: text, id: id, name: "name", architecture: "x86_64")
        }
        #expect("\(error)".contains(says), "\(error)")
        let folder = try TestFolder()
        let cache = try BundleCache(folder: folder.path)
        let files = [ProgramFile(name: "../program", digest: "..", byteCount: -1)]
        let manifest = ProgramManifest(id: id, name: "name", architecture: "any", files: files)
        #expect(throws: BundleError.self) { try cache.missing(manifest) }
        #expect(throws: BundleError.self) { try cache.place(manifest) }
        #expect(throws: BundleError.self) { try cache.receive(files[0]) }
        #expect(cache.use(ProgramID("../programs")) == nil)
    }

    @Test(arguments: ["", "a/b", "a\nb", "a\u{1b}[2J", String(repeating: "n", count: 256)])
    func aProgramsNameThatCannotBeShownIsRefused(name: String) {
        let good = MadeUpProgram("names", bytes: 10).manifest
        #expect(throws: BundleError.self) {
            try ProgramManifest(
                checking: good.text, id: good.id, name: name, architecture: "x86_64")
        }
    }

    @Test func aManifestComesBackFromItsText() throws {
        let good = MadeUpProgram("text", bytes: 10).manifest
        let again = try ProgramManifest(
            checking: good.text, id: good.id, name: good.name, architecture: good.architecture)
        #expect(again == good)
    }
}

extension LaunchRequest {
    /// The path of a program that has one.
    var path: String {
        if case .path(let path) = program { path } else { "" }
    }
}

/// Has the probe place itself into the folder's cache; where it lies.
func placeProbe(_ folder: TestFolder) throws -> String {
    let result = try run(.probe("bundle-place", "\(folder.path)/cache", "\(folder.path)/state"))
    let parts = result.output.split { $0 == " " || $0 == "\n" }
    guard result.status == .exited(0), parts.count == 2 else {
        throw LaunchError.malformedRole("the probe placed nothing: \(result)")
    }
    return String(parts[1])
}
