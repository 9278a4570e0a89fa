"""What this room announces. The subject is the key of the follower; facts: `entry`, and what is named here."""

FOLLOWED = "chat.followed"  # facts `scene`, empty without a code
UNFOLLOWED = "chat.unfollowed"
SCANNED = "chat.scanned"  # by somebody who followed already; facts `scene`
CLICKED = "chat.clicked"  # a menu entry that sends a key; facts `key`
VIEWED = "chat.viewed"  # a menu entry that opens a page; facts `url`
MESSAGE_ARRIVED = "chat.message_arrived"  # facts `kind`
TEMPLATE_FINISHED = "chat.template_finished"  # facts `msg_id` and `status`, WeChat's words
MASS_SEND_FINISHED = "chat.mass_send_finished"  # facts `msg_id`, `status`, `total`, `sent`, WeChat's words
PUBLISH_FINISHED = "chat.publish_finished"  # facts `publish_id`, `status` (WeChat's number), `article_id`, `url`
