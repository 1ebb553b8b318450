"""Tables of nanos."""

from app.nanos.models.assignment import Assignment, Duty
from app.nanos.models.barter import Barter, BarterRevision, LicenceLimit
from app.nanos.models.certificate import BadgeKey, Certificate
from app.nanos.models.comment import Comment
from app.nanos.models.credit import CreditAccount, CreditEntry, CreditTransfer
from app.nanos.models.experience import Experience
from app.nanos.models.file import NanoFile
from app.nanos.models.inquiry import Inquiry
from app.nanos.models.insight import Daily, Word, WordMark, WordNano
from app.nanos.models.licence import Licence
from app.nanos.models.likeness import Likeness, LikenessBand
from app.nanos.models.listing import Listing
from app.nanos.models.lti import Launch, Learner, Platform
from app.nanos.models.moderation import Case, Decision, Statement
from app.nanos.models.module import Module, ModuleNeed, ModuleUnit
from app.nanos.models.nano import Nano, Revision
from app.nanos.models.notice import Appeal, Notice, NoticeItem
from app.nanos.models.play import Play
from app.nanos.models.points import PointsChoice
from app.nanos.models.profile import Profile
from app.nanos.models.rating import Rating, RatingPast, Score
from app.nanos.models.receipt import Receipt, Trader
from app.nanos.models.recommend import Neighbour, Quiet
from app.nanos.models.saved import SavedMatch, SavedSearch
from app.nanos.models.shelf import Collection, CollectionItem, Favourite
from app.nanos.models.trend import Trend
from app.nanos.models.upload import Upload, UploadPiece
from app.nanos.models.use import Use
from app.nanos.models.watching import Check, Ranking, Sample, SampleItem, TransparencyReport

__all__ = [
    "Appeal",
    "Assignment",
    "BadgeKey",
    "Barter",
    "BarterRevision",
    "Case",
    "Certificate",
    "Check",
    "Collection",
    "CollectionItem",
    "Comment",
    "CreditAccount",
    "CreditEntry",
    "CreditTransfer",
    "Daily",
    "Decision",
    "Duty",
    "Experience",
    "Favourite",
    "Inquiry",
    "Launch",
    "Learner",
    "Licence",
    "LicenceLimit",
    "Likeness",
    "LikenessBand",
    "Listing",
    "Module",
    "ModuleNeed",
    "ModuleUnit",
    "Nano",
    "NanoFile",
    "Neighbour",
    "Notice",
    "NoticeItem",
    "Platform",
    "Play",
    "PointsChoice",
    "Profile",
    "Quiet",
    "Ranking",
    "Rating",
    "RatingPast",
    "Receipt",
    "Revision",
    "Sample",
    "SampleItem",
    "SavedMatch",
    "SavedSearch",
    "Score",
    "Statement",
    "Trader",
    "TransparencyReport",
    "Trend",
    "Upload",
    "UploadPiece",
    "Use",
    "Word",
    "WordMark",
    "WordNano",
]
