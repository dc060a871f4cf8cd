// `swoop-fuzz GROUP FOLDER`: tries what libFuzzer invents, beginning with what lies in the folder;
// linked without libFuzzer it tries the files that are named, once. `swoop-fuzz seeds GROUP FOLDER`
// writes what a group begins with. `swoop-fuzz groups` names the groups.

import CFuzzer
import Fuzzing
import Glibc

@main struct Fuzz {
    nonisolated(unsafe) private static var group = FuzzGroup.all[0]

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "groups": for group in FuzzGroup.all { print(group.name) }
        case "seeds" where arguments.count == 3: writeSeeds(of: arguments[1], to: arguments[2])
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

    private static func writeSeeds(of name: String, to folder: String) {
        for (place, seed) in find(name).seeds.enumerated() {
            let path = "\(folder)/seed-\(place)"
            guard let file = unsafe fopen(path, "w") else { fail("cannot write \(path)") }
            unsafe fwrite(seed, 1, seed.count, file)
            unsafe fclose(file)
        }
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = unsafe fopen(path, "r") else { fail("cannot read \(path)") }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    private static func fail(_ reason: String) -> Never {
        let line = Array("swoop-fuzz: \(reason)\n".utf8)
        _ = unsafe write(2, line, line.count)
        exit(64)
    }
}
