// `swoop-fuzz GROUP FOLDER`: tries what libFuzzer invents, beginning with what lies in the folder;
// linked without libFuzzer it tries the files that are named, once.
//
// `swoop-fuzz groups` names the groups.
// `swoop-fuzz begin GROUP FOLDER CORPUS` writes what a group begins with.
// `swoop-fuzz keep GROUP CORPUS FILE…` puts some of the files into the corpus.
// `swoop-fuzz name GROUP FILE` says which decoder an input is for, and shows its bytes.

import CFuzzer
import Fuzzing
import Glibc

@main struct Fuzz {
    nonisolated(unsafe) private static var group = FuzzGroup.all[0]

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "groups": for group in FuzzGroup.all { print(group.name) }
        case "begin" where arguments.count == 4:
            writeBeginning(of: find(arguments[1]), to: arguments[2], arguments[3])
        case "keep" where arguments.count > 3:
            FuzzCorpus(folder: arguments[2]).keep(
                arguments[3...].map(bytes), of: find(arguments[1]))
        case "name" where arguments.count == 3:
            let input = bytes(of: arguments[2])
            let entry = find(arguments[1]).entry(of: input)
            print("\(entry?.name ?? "none"): \(FuzzCorpus.encoded(Array(input.dropFirst())))")
        case let name?: run(name, arguments)
        case nil: fail("name a group, or `groups`")
        }
    }

    private static func find(_ name: String) -> FuzzGroup {
        guard let group = FuzzGroup.all.first(where: { $0.name == name }) else {
            fail("no group is called \(name)")
        }
        return group
    }

    private static func run(_ name: String, _ arguments: [String]) {
        unsafe group = find(name)
        // What libFuzzer is given is the program's name and what follows the group's.
        let count = CommandLine.argc - 1
        let pointers = unsafe CommandLine.unsafeArgv + 1
        let status = unsafe swoop_fuzzer_run(count, pointers) { bytes, count in
            unsafe Fuzz.group.attempt(Array(UnsafeBufferPointer(start: bytes, count: count)))
            return 0
        }
        guard status == -1 else { exit(status) }
        for path in arguments.dropFirst() { unsafe group.attempt(bytes(of: path)) }
    }

    private static func writeBeginning(of group: FuzzGroup, to folder: String, _ corpus: String) {
        let corpus = FuzzCorpus(folder: corpus)
        for (place, input) in group.beginning(with: corpus).enumerated() {
            // Named so that they are in the same order everywhere.
            let path = "\(folder)/begin-\(10_000 + place)"
            guard let file = unsafe fopen(path, "w") else { fail("cannot write \(path)") }
            unsafe fwrite(input, 1, input.count, file)
            unsafe fclose(file)
        }
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let bytes = FuzzCorpus.bytes(of: path) else { fail("cannot read \(path)") }
        return bytes
    }

    private static func fail(_ reason: String) -> Never {
        let line = Array("swoop-fuzz: \(reason)\n".utf8)
        _ = unsafe write(2, line, line.count)
        exit(64)
    }
}
