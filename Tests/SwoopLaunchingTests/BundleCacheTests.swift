// Bundles where they arrive: nothing that could be started before it is whole, whenever a transfer
// breaks; what is kept, and what goes.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport
import TestPrograms
import Testing

@Suite struct BundleCacheTests {
    @Test func whatIsMissingIsAskedForAndTheRestIsThere() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: "\(folder.path)/deep/cache")
        let first = MadeUpProgram("one", bytes: 2_000)
        #expect(try cache.missing(first.manifest).count == 3)
        let placed = try first.place(in: cache)
        #expect(try cache.missing(first.manifest).isEmpty)
        #expect(placed.folder == cache.programFolder(first.manifest.id))
        let text = try run("/bin/cat", "\(placed.folder)/program").output
        #expect(text.hasPrefix("program one"))
        // A program that was built again sends what is new.
        let second = MadeUpProgram("two", bytes: 2_000)
        #expect(try cache.missing(second.manifest).map(\.name) == ["loader", "program"])
        #expect(cache.use(second.manifest.id) == nil)
        #expect(cache.use(first.manifest.id)?.folder == placed.folder)
    }

    @Test func piecesInAnyOrderMakeTheFile() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: "\(folder.path)/cache")
        let program = MadeUpProgram("pieces")
        let archive = BundleArchive(of: try program.bundle(in: folder))
        for file in program.manifest.files {
            let receipt = try cache.receive(file)
            for index in (0..<file.pieceCount).reversed() {
                let member = try archive.member(index, of: file)
                try receipt.write(member: member, index: index)
                // Twice is once.
                try receipt.write(member: member, index: index)
            }
            try receipt.finish()
        }
        #expect(try cache.place(program.manifest).id == program.manifest.id)
        #expect(throws: BundleError.self) {
            try archive.member(99, of: program.manifest.files[0])
        }
    }

    @Test func whatIsDamagedOrUnfinishedLeavesNothing() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: "\(folder.path)/cache")
        let program = MadeUpProgram("damaged", bytes: 2_000)
        for file in program.manifest.files {
            let bytes = program.contents[file.name] ?? []
            do {
                let receipt = try cache.receive(file)
                try receipt.write(bytes.map { $0 ^ 1 }, at: 0)
                let error = try #require(throws: BundleError.self) { try receipt.finish() }
                #expect("\(error)".contains("\(file.name) is damaged: its digest is"))
            }
            do {
                let receipt = try cache.receive(file)
                try receipt.write(Array(bytes.dropLast()), at: 0)
                #expect(throws: BundleError.self) { try receipt.finish() }
                #expect(throws: BundleError.self) { try receipt.write(bytes, at: 1) }
                #expect(throws: BundleError.self) { try receipt.write(bytes, at: -1) }
                #expect(throws: BundleError.self) { try receipt.write([1], at: .max) }
                #expect(throws: BundleError.self) {
                    try receipt.write(member: Gzip.member(bytes + [0]), index: 0)
                }
                #expect(throws: BundleError.self) {
                    try receipt.write(member: Gzip.member(bytes), index: 1)
                }
            }
            #expect(
                throws: BundleError.incomplete(
                    program: "made up", missing: program.manifest.files.map(\.name))
            ) { try cache.place(program.manifest) }
        }
        for part in ["files", "programs", "incoming"] {
            #expect(try listing("\(cache.folder)/\(part)") == [])
        }
    }

    @Test func aProgramWhoseFileWasCutShortOrWhoseFolderWasDamagedIsNotUsedButMended() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: folder.path)
        let program = MadeUpProgram("torn", bytes: 2_000)
        let id = program.manifest.id
        _ = try program.place(in: cache)
        let place = cache.programFolder(id)
        let file = "\(folder.path)/files/\(program.manifest.files[2].digest)"
        for damage in [
            "truncate -s 5 \(file)", "rm \(file)", "rm \(place)/loader",
            "echo >> \(place)/.manifest", "ln -sfn /bin/true \(place)/program",
            "rm -rf \(place)/* \(place)/.manifest", "rm -rf \(place) && touch \(place)",
        ] {
            #expect(try run("/bin/sh", "-c", damage).status == .exited(0))
            #expect(cache.use(id) == nil, "\(damage)")
            let placed = try program.place(in: cache)
            #expect(
                try run("/bin/cat", "\(placed.folder)/program").output.hasPrefix("program torn"))
        }
        #expect(try listing("\(folder.path)/incoming") == [])
        // A folder that a script placed may have no lock: it is made.
        #expect(try run("/bin/rm", "\(place)/.lock").status == .exited(0))
        #expect(cache.use(id) != nil)
    }

    @Test(arguments: 0..<40)
    func aTransferKilledAtAnyMomentLeavesOnlyWholePrograms(turn: Int) throws {
        let folder = try TestFolder()
        var request = try LaunchRequest.probe("bundle-churn", folder.path, "\(turn * 1_000)")
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let pipe = try #require(child.standardOutput)
        var loop = PollLoop()
        _ = loop.watch(descriptor: pipe.descriptor)
        try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
        // Somewhere in the next some rounds of one millisecond each.
        let end = MonotonicClock.nanoseconds() + Int64(turn) * 137_000
        while MonotonicClock.nanoseconds() < end {}
        child.endNow()
        let cache = try BundleCache(folder: folder.path)
        for name in try listing("\(folder.path)/programs") {
            let placed = try #require(cache.use(ProgramID(name)))
            let program = try run("/bin/cat", "\(placed.folder)/program").output
            #expect(program.hasPrefix("program "))
        }
        for name in try listing("\(folder.path)/files") {
            let sum = try run("/usr/bin/sha256sum", "\(folder.path)/files/\(name)").output
            #expect(sum.hasPrefix(name))
        }
        // What the killed one left goes at once; what an unknown one left, after an hour.
        for name in ["ssh-1", "ssh-2", "ssh-3.p"] {
            _ = try folder.write("incoming/\(name)", [1])
            guard name != "ssh-2" else { continue }
            let path = "\(folder.path)/incoming/\(name)"
            #expect(try run("/bin/touch", "-d", "2 hours ago", path).status == .exited(0))
        }
        cache.removeLeftOvers()
        #expect(try listing("\(folder.path)/incoming") == ["ssh-2"])
    }

    @Test func whatAUserKeepsInAFolderThatBecameACacheStays() throws {
        let folder = try TestFolder()
        let papers = ["files/thesis.tex", "programs/mine/program", "incoming/letters/1", "notes"]
        let script = """
            cd \(folder.path) && umask 077 && mkdir -p files programs/mine incoming/letters
            for name in \(papers.joined(separator: " ")); do
                echo mine >$name; touch -d '2 days ago' $name
            done
            touch -d '2 days ago' incoming/letters programs/mine
            """
        #expect(try run("/bin/sh", "-c", script).status == .exited(0))
        let cache = try BundleCache(folder: folder.path)
        _ = try MadeUpProgram("one", bytes: 2_000).place(in: cache)
        cache.removeLeftOvers()
        try cache.prune(to: 0)
        for name in papers {
            #expect(try run("/bin/cat", "\(folder.path)/\(name)").output == "mine\n")
        }
    }

    @Test(arguments: ["PROGRAM", "LOADER"])
    func aFileThatWasChangedInPlaceIsNotUsedAndComesAgain(which: String) throws {
        let folder = try TestFolder()
        let program = MadeUpProgram("changed", bytes: 2_000)
        _ = try program.place(in: try BundleCache(folder: folder.path))
        let file = program.manifest.files[which == "PROGRAM" ? 2 : 1]
        let path = "\(folder.path)/files/\(file.digest)"
        // The same size, and the time of its last change set back as far as that goes.
        let script = """
            touch -r \(path) \(folder.path)/time
            printf x | dd of=\(path) bs=1 seek=5 conv=notrunc 2>/dev/null
            touch -r \(folder.path)/time \(path)
            """
        #expect(try run("/bin/sh", "-c", script).status == .exited(0))
        let cache = try BundleCache(folder: folder.path)
        #expect(cache.use(program.manifest.id) == nil)
        #expect(try cache.missing(program.manifest).map(\.name) == [file.name])
        _ = try program.place(in: cache)
        #expect(try BundleCache(folder: folder.path).use(program.manifest.id) != nil)
    }

    @Test func whatWasLookedAtIsWrittenDownAsTheSystemsOwnToolsTellIt() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: folder.path)
        let program = MadeUpProgram("told", bytes: 2_000)
        let record = "\(try program.place(in: cache).folder)/.checked"
        let words = program.manifest.digests.joined(separator: " ")
        let script = "cd \(cache.folder)/files && TZ=UTC0 stat -c '\(FileState.format)' \(words)"
        let told = try run("/bin/sh", "-c", script).output
        #expect(try run("/bin/cat", record).output == told)
        // A record of something else is no reason to believe anything, and is made anew.
        #expect(try run("/bin/sh", "-c", "echo x >\(record)").status == .exited(0))
        #expect(try BundleCache(folder: folder.path).use(program.manifest.id) != nil)
        #expect(try run("/bin/cat", record).output == told)
    }

    @Test func whatALivingProcessReceivesIsNoLeftOver() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: folder.path)
        let program = MadeUpProgram("living", bytes: 100)
        let receipt = try cache.receive(program.manifest.files[0])
        cache.removeLeftOvers()
        try cache.prune(to: 0)
        try receipt.write(program.contents["libshared.so.1"] ?? [], at: 0)
        try receipt.finish()
        #expect(try cache.missing(program.manifest).count == 2)
    }

    @Test func theProgramsUnusedForLongestGoFirstAndNeverOneInUse() throws {
        let folder = try TestFolder()
        let cache = try BundleCache(folder: folder.path)
        let programs = (0..<4).map { MadeUpProgram("number \($0)", bytes: 10_000) }
        var held: PlacedProgram?
        for (age, program) in programs.enumerated() {
            let placed = try program.place(in: cache)
            if age == 3 { held = placed }
            let lock = "\(placed.folder)/.lock"
            #expect(
                try run("/bin/touch", "-d", "\(age + 1) hours ago", lock).status == .exited(0))
        }
        // Room for two: of the three oldest one is in use.
        let gone = try cache.prune(to: 30_000)
        #expect(gone == [programs[2].manifest.id, programs[1].manifest.id])
        #expect(cache.use(programs[3].manifest.id) != nil)
        #expect(held?.id == programs[3].manifest.id)
        held = nil
        // `use` made it young: neither it nor the newest goes now, however small the bound.
        #expect(cache.use(programs[0].manifest.id) != nil)
        #expect(try cache.prune(to: 0) == [])
        for program in programs {
            let lock = "\(cache.programFolder(program.manifest.id))/.lock"
            _ = try run("/bin/touch", "-c", "-d", "1 hour ago", lock)
        }
        #expect(Set(try cache.prune(to: 0)) == [programs[0].manifest.id, programs[3].manifest.id])
        #expect(try listing("\(folder.path)/files") == [])
        #expect(try listing("\(folder.path)/incoming") == [])
    }

    @Test func whatNobodyNamesGoesAfterAnHourAndWhatSeveralNameStays() {
        let now: Int64 = 1_000_000
        func program(_ id: String, _ digests: [String], _ age: Int64) -> CacheContent.Program {
            CacheContent.Program(
                id: ProgramID(id), digests: digests, usedAt: now - age, isInUse: false)
        }
        func file(_ digest: String, _ bytes: Int64, _ age: Int64) -> CacheContent.File {
            CacheContent.File(digest: digest, byteCount: bytes, changedAt: now - age)
        }
        let content = CacheContent(
            programs: [
                program("young", ["shared", "a"], 60), program("old", ["shared", "b", "b"], 7_200),
                program("older", ["c"], 9_000), program("tied", ["d"], 9_000),
            ],
            files: [
                file("a", 10, 0), file("b", 10, 0), file("c", 10, 0), file("d", 10, 0),
                file("shared", 100, 9_000), file("lost", 5, 4_000), file("coming", 5, 10),
            ])
        let plenty = content.toRemove(limit: 1_000, now: now)
        #expect(plenty.programs.isEmpty)
        #expect(plenty.digests == ["lost"])
        let some = content.toRemove(limit: 135, now: now)
        #expect(some.programs == [ProgramID("older")])
        #expect(some.digests == ["lost", "c"])
        let all = content.toRemove(limit: 0, now: now)
        #expect(all.programs == [ProgramID("older"), ProgramID("tied"), ProgramID("old")])
        #expect(all.digests == ["lost", "c", "d", "b"])
    }
}
