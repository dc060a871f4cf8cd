// What `import Swoop` brings along: the types of pages, codecs and calls that macro-made code
// names, and the nouns (usage, estimates, ids) that the surface hands out.

@_exported public import SwoopElements
@_exported public import SwoopModel
