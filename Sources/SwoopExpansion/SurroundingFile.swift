// The file around what a macro is shown: the compiler shows it one declaration or one closure. The
// file is read from the disk; where that is not the text that is compiled, as in an editor, whoever
// looks for something there does not find it.

import Glibc
import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacros

/// The file in which a node stands, and the node's place there; nil if it cannot be read.
func fileTree(
    around node: some SyntaxProtocol, in context: some MacroExpansionContext,
    where isOfUse: (String) -> Bool = { _ in true }
) -> (tree: SourceFileSyntax, position: AbsolutePosition)? {
    guard
        let place = context.location(
            of: node, at: .afterLeadingTrivia, filePathMode: .filePath),
        let path = place.file.as(StringLiteralExprSyntax.self)?.representedLiteralValue,
        let line = Int(place.line.trimmedDescription),
        let column = Int(place.column.trimmedDescription), let text = text(ofFile: path),
        isOfUse(text)
    else { return nil }
    let tree = Parser.parse(source: text)
    let converter = SourceLocationConverter(fileName: path, tree: tree)
    return (tree, converter.position(ofLine: line, column: column))
}

/// Whether a function with @Remote of the same name stands above this one in the same scope: their
/// types would have one name, and the compiler would say so of each use of it.
func isNamedTwice(
    _ function: FunctionDeclSyntax, in context: some MacroExpansionContext
) -> Bool {
    let name = function.name.text
    // Few files have two: the others are not parsed.
    let file = fileTree(around: function.name, in: context) { text in
        text.ranges(of: "func \(name)").count > 1
    }
    guard let (tree, position) = file,
        let found = tree.token(at: position)?.ancestorOrSelf(mapping: {
            $0.as(FunctionDeclSyntax.self)
        }), found.name.text == name, let list = found.parent?.parent
    else { return false }
    return list.children(viewMode: .sourceAccurate).contains { item in
        let declaration =
            item.as(MemberBlockItemSyntax.self)?.decl.as(FunctionDeclSyntax.self)
            ?? item.as(CodeBlockItemSyntax.self)?.item.as(FunctionDeclSyntax.self)
        guard let declaration, declaration.position < found.position,
            declaration.name.text == name
        else { return false }
        return declaration.attributes.contains { attribute in
            attribute.as(AttributeSyntax.self)?.attributeName.trimmedDescription
                .split(separator: ".").last == "Remote"
        }
    }
}

/// The text of a file; nil if it cannot be read, or is no text.
private func text(ofFile path: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe fread(&part, 1, part.count, file)
        if count == 0 { break }
        bytes += part[..<count]
    }
    return String(validating: bytes, as: UTF8.self)
}
