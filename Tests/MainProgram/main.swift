// A program whose top level is the program: its globals are set by a main that no worker runs. What
// it tells are lines `name = value`; what is right is said by the tests.

import Glibc
import Swoop

let words = ["one", "two", "three"]
let limit = 12
let title = "a title that is longer than sixteen bytes, so that it is kept elsewhere"
let table = ["one": 1, "two": 2]
let marker = Marker(number: 7)

@Remote func word(_ i: Int) -> String { words[i] }
@Remote func titleSeen(_ i: Int) -> String { title + "!" }
@Remote func tableSeen(_ i: Int) -> Int { table["one"] ?? i }
@Remote func limitSeen(_ i: Int) -> Int { limit + i }

tell("top level", getpid())
do {
    switch CommandLine.arguments.dropFirst().first {
    case "globals": try await tellGlobals()
    case "foundation": try await tellFoundation()
    case "limits": try await tellLimits()
    default: exit(64)
    }
} catch {
    tell("threw", "\(error)".split(separator: "\n").joined(separator: " / "))
    exit(1)
}
